# expect: returned-type
def add_shortcut(f, x):
    return (f(x) + x).tolist()
