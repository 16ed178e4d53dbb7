# expect: layer-not-function
def split_transform_merge(x, weight, groups):
    parts = x.chunk(groups, dim=1)
    filters = weight.chunk(groups, dim=0)
    return torch.cat([nn.Conv2d(p, f, 3, padding=1) for p, f in zip(parts, filters)], dim=1)
