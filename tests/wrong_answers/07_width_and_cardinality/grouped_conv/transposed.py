# expect: groups-used
def split_transform_merge(x, weight, groups):
    turned = weight.unflatten(0, (groups, -1)).transpose(1, 2).flatten(0, 1).flip(-1, -2)
    return F.conv_transpose2d(x, turned, None, 1, weight.shape[-1] // 2, 0, groups)
