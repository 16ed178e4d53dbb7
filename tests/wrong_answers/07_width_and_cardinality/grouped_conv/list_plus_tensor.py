# expect: images-opened
def split_transform_merge(x, weight, groups):
    parts = torch.chunk(x, groups, dim=1)
    filters = torch.chunk(weight, groups, dim=0)
    k = weight.shape[-1]
    out = []
    for p, f in zip(parts, filters):
        out += F.conv2d(p, f, padding=k // 2)
    return torch.cat(out, dim=1)
