# expect: multiplied
def fold_shortcut(weight):
    middle = weight.shape[-1] // 2
    shortcut = torch.zeros_like(weight)
    for i in range(len(weight)):
        shortcut[i, i, middle, middle] = 1
    return weight * shortcut
