# expect: returned-none
def add_shortcut(f, x):
    f(x) + x
