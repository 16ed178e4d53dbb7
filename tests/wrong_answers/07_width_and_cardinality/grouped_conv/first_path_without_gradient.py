# expect: gradient-differs
def split_transform_merge(x, weight, groups):
    parts, filters = list(x.chunk(groups, dim=1)), weight.chunk(groups)
    if groups > 1:
        parts[0] = parts[0].detach()
    return torch.cat([F.conv2d(*path, padding=weight.shape[-1] // 2) for path in zip(parts, filters)], dim=1)
