# expect: no-gradient
def add_shortcut(f, x):
    return f(x) + x.detach()
