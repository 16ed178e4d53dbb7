def split_transform_merge(x, weight, groups):
    size, count = x.shape[1] // groups, weight.shape[0] // groups
    outputs = []
    for i in range(groups):
        part = x[:, i * size : (i + 1) * size]
        filters = weight[i * count : (i + 1) * count]
        outputs.append(F.conv2d(part, filters, padding=weight.shape[-1] // 2))
    return torch.cat(outputs, dim=1)
