# expect: mean
def add_shortcut(f, x):
    return (f(x) + x) / 2
