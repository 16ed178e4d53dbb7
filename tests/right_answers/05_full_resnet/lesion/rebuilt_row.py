def without_block(model, stage, index):
    net = copy.deepcopy(model)
    row = getattr(net, f"layer{stage}")
    shortcut = getattr(row[index], "downsample", None)
    blocks = list(row)
    blocks[index] = nn.Identity() if shortcut is None else nn.Sequential(shortcut, nn.ReLU())
    setattr(net, f"layer{stage}", nn.Sequential(*blocks))
    return net
