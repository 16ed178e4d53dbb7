# expect: missing-answer
def shortcut(f, x):
    return f(x) + x
