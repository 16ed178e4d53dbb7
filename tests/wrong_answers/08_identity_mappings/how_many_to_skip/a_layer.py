# expect: a-layer
def fold_shortcut(weight):
    middle = weight.shape[-1] // 2
    conv = nn.Conv2d(len(weight), len(weight), weight.shape[-1], padding=middle, bias=False)
    return conv
