def fold_shortcut(weight):
    folded = weight.clone()
    k = weight.shape[2]
    for channel in range(weight.shape[0]):
        folded[channel, channel, k // 2, k // 2] += 1
    return folded
