# expect: shared
def without_block(model, stage, index):
    net = copy.copy(model)
    net._modules = dict(model._modules)
    row = nn.Sequential(*getattr(model, f"layer{stage}"))
    setattr(net, f"layer{stage}", row)
    shortcut = getattr(row[index], "downsample", None)
    row[index] = nn.Identity() if shortcut is None else nn.Sequential(shortcut, nn.ReLU())
    return net
