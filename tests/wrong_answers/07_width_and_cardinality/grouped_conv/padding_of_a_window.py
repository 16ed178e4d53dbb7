# expect: grows
def split_transform_merge(x, weight, groups):
    size = weight.shape[-1]
    return torch.cat([F.conv2d(*path, padding=size) for path in zip(x.chunk(groups, dim=1), weight.chunk(groups))], dim=1)
