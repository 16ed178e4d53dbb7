# expect: channels-do-not-fit
def split_transform_merge(x, weight, groups):
    return torch.cat([F.conv2d(x, filters, padding=weight.shape[-1] // 2) for filters in weight.chunk(groups)], dim=1)
