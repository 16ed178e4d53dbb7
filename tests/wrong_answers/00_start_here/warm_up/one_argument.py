# expect: signature
def add_shortcut(x):
    return x + x
