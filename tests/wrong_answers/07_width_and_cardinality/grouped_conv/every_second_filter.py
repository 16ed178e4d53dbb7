# expect: dealt-out
def split_transform_merge(x, weight, groups):
    parts = x.chunk(groups, dim=1)
    return torch.cat(
        [F.conv2d(parts[i], weight[i::groups], padding=weight.shape[-1] // 2) for i in range(groups)], dim=1
    )
