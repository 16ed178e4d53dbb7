# expect: arguments-swapped
def split_transform_merge(x, weight, groups):
    parts = x.chunk(groups, dim=1)
    filters = weight.chunk(groups, dim=0)
    k = weight.shape[-1]
    out = [F.conv2d(f, p, padding=k // 2) for p, f in zip(parts, filters)]
    return torch.cat(out, dim=1)
