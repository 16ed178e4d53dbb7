# expect: slip-value
def add_shortcut(f, x):
    out = f(x)
    out + x
    return out
