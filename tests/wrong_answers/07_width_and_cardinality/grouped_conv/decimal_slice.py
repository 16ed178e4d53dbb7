# expect: size-not-whole
def split_transform_merge(x, weight, groups):
    size = x.shape[1] / groups
    filters = weight.chunk(groups)
    return torch.cat(
        [F.conv2d(x[:, i * size : (i + 1) * size], filters[i], padding=weight.shape[-1] // 2) for i in range(groups)], dim=1
    )
