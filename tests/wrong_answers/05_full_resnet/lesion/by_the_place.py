# expect: projection-lost
def without_block(model, stage, index):
    net = copy.deepcopy(model)
    row = getattr(net, f"layer{stage}")
    projection = getattr(row[index], "downsample", None)
    if index != 0 or stage == 1:
        row[index] = nn.Identity()
    else:
        row[index] = nn.Sequential(projection, nn.ReLU())
    return net
