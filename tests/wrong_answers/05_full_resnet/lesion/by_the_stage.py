# expect: none-called
def without_block(model, stage, index):
    net = copy.deepcopy(model)
    row = getattr(net, f"layer{stage}")
    projection = getattr(row[index], "downsample", None)
    if stage == 1:
        row[index] = nn.Sequential()
    else:
        row[index] = nn.Sequential(projection, nn.ReLU())
    return net
