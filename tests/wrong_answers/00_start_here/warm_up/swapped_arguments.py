# expect: slip-arguments
def add_shortcut(x, f):
    return f(x) + x
