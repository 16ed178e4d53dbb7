# expect: raised
def add_shortcut(f, x):
    return f + x
