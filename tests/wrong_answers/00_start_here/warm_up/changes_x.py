# expect: input-changed
def add_shortcut(f, x):
    y = f(x)
    x += y
    return x
