# expect: merged-elsewhere
def split_transform_merge(x, weight, groups):
    parts = x.chunk(groups, dim=1)
    filters = weight.chunk(groups, dim=0)
    return torch.cat([F.conv2d(p, f, padding=1) for p, f in zip(parts, filters)])
