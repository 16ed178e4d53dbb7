# expect: one-path-only
def split_transform_merge(x, weight, groups):
    for part, filters in zip(x.chunk(groups, dim=1), weight.chunk(groups, dim=0)):
        out = F.conv2d(part, filters, padding=weight.shape[-1] // 2)
    return out
