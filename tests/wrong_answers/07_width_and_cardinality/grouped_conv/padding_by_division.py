# expect: padding-not-whole
def split_transform_merge(x, weight, groups):
    k = weight.shape[-1]
    parts = x.chunk(groups, dim=1)
    filters = weight.chunk(groups, dim=0)
    outs = [F.conv2d(part, w, padding=k / 2) for part, w in zip(parts, filters)]
    return torch.cat(outs, dim=1)
