# expect: x-among-outputs
def split_transform_merge(x, weight, groups):
    parts = x.chunk(groups, dim=1)
    filters = weight.chunk(groups, dim=0)
    k = weight.shape[-1]
    out = parts[0]
    for p, f in zip(parts, filters):
        out = torch.cat([out, F.conv2d(p, f, padding=k // 2)], dim=1)
    return out
