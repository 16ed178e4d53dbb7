# expect: another-block
def without_block(model, stage, index):
    net = copy.deepcopy(model)
    row = getattr(net, f"layer{stage}")
    shortcut = getattr(row[index - 1], "downsample", None)
    row[index - 1] = nn.Identity() if shortcut is None else nn.Sequential(shortcut, nn.ReLU())
    return net
