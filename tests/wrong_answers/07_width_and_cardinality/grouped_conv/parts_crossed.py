# expect: order-turned
def split_transform_merge(x, weight, groups):
    parts = list(x.chunk(groups, dim=1))
    outputs = []
    for filters in weight.chunk(groups):
        outputs.append(F.conv2d(parts.pop(), filters, padding=weight.shape[-1] // 2))
    return torch.cat(outputs, dim=1)
