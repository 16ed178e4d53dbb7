# expect: slip-value
def add_shortcut(f, x):
    f(x) + x
