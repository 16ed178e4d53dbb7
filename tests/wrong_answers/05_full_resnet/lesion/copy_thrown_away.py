# expect: no-copy
def without_block(model, stage, index):
    net = model
    copy.deepcopy(net)
    row = getattr(net, f"layer{stage}")
    projection = getattr(row[index], "downsample", None)
    row[index] = nn.Identity() if projection is None else nn.Sequential(projection, nn.ReLU())
    return net
