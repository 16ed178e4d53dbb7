# expect: shapes-broken
def without_block(model, stage, index):
    net = copy.deepcopy(model)
    row = getattr(net, f"layer{stage}")
    projection = getattr(row, "downsample", None)
    row[index] = nn.Identity() if projection is None else nn.Sequential(projection, nn.ReLU())
    return net
