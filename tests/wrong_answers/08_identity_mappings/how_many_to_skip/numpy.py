# expect: returned-type
def fold_shortcut(weight):
    middle = weight.shape[-1] // 2
    folded = weight.clone().numpy()
    for i in range(len(weight)):
        folded[i, i, middle, middle] += 1
    return folded
