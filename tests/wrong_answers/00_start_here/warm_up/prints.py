# expect: returned-none
def add_shortcut(f, x):
    print(f(x) + x)
