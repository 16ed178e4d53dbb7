def add_shortcut(f, x):
    return torch.stack([f(x), x]).sum(dim=0)
