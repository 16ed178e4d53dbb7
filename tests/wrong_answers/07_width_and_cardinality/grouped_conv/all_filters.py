# expect: filters-not-split
def split_transform_merge(x, weight, groups):
    return torch.cat([F.conv2d(part, weight, padding=weight.shape[-1] // 2) for part in x.chunk(groups, dim=1)], dim=1)
