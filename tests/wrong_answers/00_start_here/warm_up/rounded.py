# expect: numbers-differ
def add_shortcut(f, x):
    return (f(x) + x).round()
