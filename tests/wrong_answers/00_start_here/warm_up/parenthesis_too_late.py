# expect: f-of-the-sum
def add_shortcut(f, x):
    return f(x + x)
