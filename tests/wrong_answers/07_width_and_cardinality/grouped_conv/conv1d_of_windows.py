# expect: groups-used
def split_transform_merge(x, weight, groups):
    windows = F.unfold(x, weight.shape[-1], padding=weight.shape[-1] // 2)
    return F.conv1d(windows, weight.flatten(1).unsqueeze(-1), groups=groups).unflatten(2, x.shape[2:])
