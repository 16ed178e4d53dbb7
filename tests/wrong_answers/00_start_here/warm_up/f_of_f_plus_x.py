# expect: f-of-f
def add_shortcut(f, x):
    return f(f(x)) + x
