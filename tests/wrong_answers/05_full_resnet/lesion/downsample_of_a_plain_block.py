# expect: raised
def without_block(model, stage, index):
    net = copy.deepcopy(model)
    row = getattr(net, f"layer{stage}")
    shortcut = row[index].downsample
    row[index] = nn.Identity() if shortcut is None else nn.Sequential(shortcut, nn.ReLU())
    return net
