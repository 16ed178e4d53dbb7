# expect: f-twice
def add_shortcut(f, x):
    return f(x) + f(x)
