# expect: groups-used
def split_transform_merge(x, weight, groups):
    half = weight.shape[-1] // 2
    return torch.ops.aten.convolution(x, weight, None, (1, 1), (half, half), (1, 1), False, (0, 0), groups)
