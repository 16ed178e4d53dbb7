# expect: unsolved
def add_shortcut(f, x):
    raise NotImplementedError()
