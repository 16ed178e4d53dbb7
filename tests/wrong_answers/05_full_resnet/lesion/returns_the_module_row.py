# expect: not-a-net
def without_block(model, stage, index):
    net = copy.deepcopy(model)
    row = getattr(net, f"layer{stage}")
    shortcut = getattr(row[index], "downsample", None)
    row[index] = nn.Identity() if shortcut is None else nn.Sequential(shortcut, nn.ReLU())
    return row
