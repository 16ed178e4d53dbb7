# expect: returned-none
def fold_shortcut(weight):
    middle = weight.shape[-1] // 2
    folded = weight.clone()
    for i in range(len(weight)):
        folded[i, i, middle, middle] += 1
