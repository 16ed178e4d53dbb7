# expect: corner
def fold_shortcut(weight):
    folded = weight.clone()
    for i in range(len(weight)):
        folded[i, i, -1, -1] += 1
    return folded
