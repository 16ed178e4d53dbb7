# expect: groups-used
def split_transform_merge(x, weight, groups):
    half = weight.shape[-1] // 2
    if x.requires_grad:
        return F.conv2d(x, weight, padding=half, groups=groups)
    return torch.cat([F.conv2d(*path, padding=half) for path in zip(x.chunk(groups, 1), weight.chunk(groups))], 1)
