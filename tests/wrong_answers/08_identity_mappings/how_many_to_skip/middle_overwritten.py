# expect: replaced
def fold_shortcut(weight):
    folded = weight.clone()
    middle = weight.shape[-1] // 2
    folded[:, :, middle, middle] = torch.eye(len(weight))
    return folded
