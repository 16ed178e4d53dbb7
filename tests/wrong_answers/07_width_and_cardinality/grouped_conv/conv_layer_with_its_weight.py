# expect: groups-used
def split_transform_merge(x, weight, groups):
    layer = nn.Conv2d(x.shape[1], weight.shape[0], weight.shape[-1], 1, weight.shape[-1] // 2, 1, groups, False)
    del layer.weight
    layer.weight = weight
    return layer(x)
