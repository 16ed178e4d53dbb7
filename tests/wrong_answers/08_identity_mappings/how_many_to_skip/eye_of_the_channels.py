# expect: does-not-fit
def fold_shortcut(weight):
    return weight + torch.eye(len(weight))
