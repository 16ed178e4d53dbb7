def fold_shortcut(weight):
    middle = weight.shape[-1] // 2
    own = torch.arange(len(weight))
    folded = weight.detach().clone()
    folded[own, own, middle, middle] += 1.0
    return folded
