# expect: one-number-of-x
def add_shortcut(f, x):
    return f(x) + x.sum()
