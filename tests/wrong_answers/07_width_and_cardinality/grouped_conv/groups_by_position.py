# expect: groups-used
def split_transform_merge(x, weight, groups):
    return torch.conv2d(x, weight, None, 1, weight.shape[-1] // 2, 1, groups)
