# expect: weight-unused
def split_transform_merge(x, weight, groups):
    k = weight.shape[-1]
    parts = x.chunk(groups, dim=1)
    filters = weight.chunk(groups, dim=0)
    outs = [nn.Conv2d(part.shape[1], w.shape[0], k, padding=k // 2, bias=False)(part) for part, w in zip(parts, filters)]
    return torch.cat(outs, dim=1)
