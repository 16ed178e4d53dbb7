# expect: precision
def add_shortcut(f, x):
    return f(x).double() + x.double()
