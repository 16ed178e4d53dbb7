# expect: layer-too-many
def without_block(model, stage, index):
    net = copy.deepcopy(model)
    row = getattr(net, f"layer{stage}")
    projection = getattr(row[index], "downsample", None)
    row[index] = nn.ReLU() if projection is None else nn.Sequential(projection, nn.BatchNorm2d(64), nn.ReLU())
    return net
