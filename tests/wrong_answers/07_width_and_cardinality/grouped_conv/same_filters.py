# expect: same-filters
def split_transform_merge(x, weight, groups):
    size = weight.shape[0] // groups
    parts = x.chunk(groups, dim=1)
    return torch.cat([F.conv2d(each, weight[:size], padding=weight.shape[-1] // 2) for each in parts], dim=1)
