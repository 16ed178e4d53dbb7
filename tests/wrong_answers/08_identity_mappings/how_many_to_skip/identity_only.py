# expect: identity-alone
def fold_shortcut(weight):
    middle = weight.shape[-1] // 2
    folded = torch.zeros_like(weight)
    for i in range(len(weight)):
        folded[i, i, middle, middle] += 1
    return folded
