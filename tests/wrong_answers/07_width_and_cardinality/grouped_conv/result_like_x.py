# expect: place-does-not-fit
def split_transform_merge(x, weight, groups):
    parts = x.chunk(groups, dim=1)
    filters = weight.chunk(groups, dim=0)
    k = weight.shape[-1]
    result = torch.zeros_like(x)
    for i, (p, f) in enumerate(zip(parts, filters)):
        n = p.shape[1]
        result[:, i * n:(i + 1) * n] = F.conv2d(p, f, padding=k // 2)
    return result
