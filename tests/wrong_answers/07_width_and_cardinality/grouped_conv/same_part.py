# expect: same-part
def split_transform_merge(x, weight, groups):
    size = x.shape[1] // groups
    filters = weight.chunk(groups)
    return torch.cat([F.conv2d(x[:, :size], each, padding=weight.shape[-1] // 2) for each in filters], dim=1)
