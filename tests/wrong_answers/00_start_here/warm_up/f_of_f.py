# expect: f-of-f
def add_shortcut(f, x):
    x = f(x)
    return f(x)
