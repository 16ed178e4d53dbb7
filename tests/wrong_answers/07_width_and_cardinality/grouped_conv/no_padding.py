# expect: shrinks
def split_transform_merge(x, weight, groups):
    return torch.cat([F.conv2d(*path) for path in zip(x.chunk(groups, dim=1), weight.chunk(groups))], dim=1)
