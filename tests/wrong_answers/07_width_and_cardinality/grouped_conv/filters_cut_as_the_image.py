# expect: filters-cut-by-channels
def split_transform_merge(x, weight, groups):
    size = x.shape[1] // groups
    outputs = []
    for i in range(groups):
        part = slice(i * size, (i + 1) * size)
        outputs.append(F.conv2d(x[:, part], weight[part], padding=weight.shape[-1] // 2))
    return torch.cat(outputs, dim=1)
