# expect: diagonal-of-the-window
def fold_shortcut(weight):
    return weight + torch.eye(weight.shape[-1])
