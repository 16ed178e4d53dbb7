# expect: first-channel-only
def fold_shortcut(weight):
    middle = weight.shape[-1] // 2
    folded = weight.clone()
    folded[0, 0, middle, middle] += 1
    return folded
