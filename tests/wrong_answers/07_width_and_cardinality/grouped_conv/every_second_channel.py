# expect: dealt-out
def split_transform_merge(x, weight, groups):
    filters = weight.chunk(groups)
    return torch.cat(
        [F.conv2d(x[:, i::groups], filters[i], padding=weight.shape[-1] // 2) for i in range(groups)], dim=1
    )
