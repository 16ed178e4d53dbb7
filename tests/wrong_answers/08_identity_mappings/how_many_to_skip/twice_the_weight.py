# expect: doubled
def fold_shortcut(weight):
    return weight + weight
