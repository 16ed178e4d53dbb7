# expect: none-called
def without_block(model, stage, index):
    net = copy.deepcopy(model)
    row = getattr(net, f"layer{stage}")
    projection = getattr(row[index], "downsample", None)
    if projection is None:
        row[index] = None
    else:
        row[index] = nn.Sequential(projection, nn.ReLU())
    return net
