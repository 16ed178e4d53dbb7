# expect: paths-added
def split_transform_merge(x, weight, groups):
    parts = x.chunk(groups, dim=1)
    filters = weight.chunk(groups, dim=0)
    out = 0
    for p, f in zip(parts, filters):
        out = out + F.conv2d(p, f, padding=1)
    return out
