# expect: shapes-broken
def without_block(model, stage, index):
    net = copy.deepcopy(model)
    row = getattr(net, f"layer{stage}")
    shortcut = getattr(row[index], "downsample", None)
    row[index] = nn.Identity() if not isinstance(shortcut, nn.Sequential) else nn.Sequential(shortcut, nn.ReLU())
    return net
