# expect: nothing-added
def fold_shortcut(weight):
    middle = weight.shape[-1] // 2
    folded = weight.clone()
    for number in folded[:, :, middle, middle].diagonal():
        number = number + 1
    return folded
