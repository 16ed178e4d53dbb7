def fold_shortcut(weight):
    return weight + nn.init.dirac_(torch.empty_like(weight))
