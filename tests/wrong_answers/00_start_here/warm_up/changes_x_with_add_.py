# expect: input-changed
def add_shortcut(f, x):
    return x.add_(f(x))
