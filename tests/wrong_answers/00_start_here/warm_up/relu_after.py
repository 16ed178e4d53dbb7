# expect: relu
def add_shortcut(f, x):
    return torch.relu(f(x) + x)
