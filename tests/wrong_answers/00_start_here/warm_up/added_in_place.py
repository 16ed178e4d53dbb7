# expect: input-changed
def add_shortcut(f, x):
    y = f(x)
    y += x
    return y
