# expect: slip-equality
def split_transform_merge(x, weight, groups):
    padding == weight.shape[-1] // 2
    paths = zip(x.chunk(groups, dim=1), weight.chunk(groups, dim=0))
    return torch.cat([F.conv2d(*path, padding=padding) for path in paths], dim=1)
