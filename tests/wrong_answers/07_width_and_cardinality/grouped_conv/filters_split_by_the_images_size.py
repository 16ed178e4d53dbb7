# expect: filters-cut-by-channels
def split_transform_merge(x, weight, groups):
    size = x.shape[1] // groups
    paths = zip(x.split(size, dim=1), weight.split(size))
    return torch.cat([F.conv2d(*path, padding=weight.shape[-1] // 2) for path in paths], dim=1)
