# expect: groups-used
def split_transform_merge(x, weight, groups):
    half = weight.shape[-1] // 2
    return torch.mkldnn_convolution(x, weight, None, (half, half), (1, 1), (1, 1), groups)
