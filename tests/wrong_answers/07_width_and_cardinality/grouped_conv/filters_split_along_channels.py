# expect: channels-do-not-fit
def split_transform_merge(x, weight, groups):
    paths = zip(x.chunk(groups, dim=1), weight.chunk(groups, dim=1))
    return torch.cat([F.conv2d(part, filters, padding=weight.shape[-1] // 2) for part, filters in paths], dim=1)
