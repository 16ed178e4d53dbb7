# expect: added-everywhere
def fold_shortcut(weight):
    return weight + 1
