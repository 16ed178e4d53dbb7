# expect: shape
def add_shortcut(f, x):
    return torch.cat([f(x), x])
