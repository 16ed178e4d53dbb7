# expect: slip-arguments
def split_transform_merge(weight, x, groups):
    paths = zip(x.chunk(groups, dim=1), weight.chunk(groups, dim=0))
    return torch.cat([F.conv2d(*path, padding=weight.shape[-1] // 2) for path in paths], dim=1)
