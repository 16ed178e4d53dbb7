# expect: x-twice
def add_shortcut(f, x):
    return f(x) + x + x
