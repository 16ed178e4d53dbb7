# expect: output-shape
def split_transform_merge(x, weight, groups):
    paths = list(zip(x.chunk(groups, dim=1), weight.chunk(groups)))
    return torch.cat([F.conv2d(*path, padding=weight.shape[-1] // 2) for path in paths[: max(1, groups - 1)]], dim=1)
