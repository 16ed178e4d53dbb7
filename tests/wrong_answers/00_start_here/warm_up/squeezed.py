# expect: shape
def add_shortcut(f, x):
    return (f(x) + x).squeeze()
