# expect: every-channel
def fold_shortcut(weight):
    middle = weight.shape[-1] // 2
    folded = weight.clone()
    folded[:, :, middle, middle] += 1
    return folded
