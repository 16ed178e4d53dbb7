# expect: stage-name
def without_block(model, stage, index):
    net = copy.deepcopy(model)
    row = net.layer[stage]
    projection = getattr(row[index], "downsample", None)
    row[index] = nn.Identity() if projection is None else nn.Sequential(projection, nn.ReLU())
    return net
