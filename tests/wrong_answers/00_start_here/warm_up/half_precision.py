# expect: precision
def add_shortcut(f, x):
    return (f(x) + x).half()
