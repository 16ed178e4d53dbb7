# expect: only-x
def add_shortcut(f, x):
    f(x)
    return x
