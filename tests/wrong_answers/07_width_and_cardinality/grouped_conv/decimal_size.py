# expect: size-not-whole
def split_transform_merge(x, weight, groups):
    parts = torch.split(x, x.shape[1] / groups, dim=1)
    filters = torch.split(weight, weight.shape[0] / groups)
    return torch.cat([F.conv2d(*path, padding=weight.shape[-1] // 2) for path in zip(parts, filters)], dim=1)
