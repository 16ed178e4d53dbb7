# expect: middle-of-three
def fold_shortcut(weight):
    folded = weight.clone()
    place = min(1, weight.shape[-1] - 1)
    for i in range(len(weight)):
        folded[i, i, place, place] += 1
    return folded
