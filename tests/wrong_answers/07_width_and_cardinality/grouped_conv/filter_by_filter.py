# expect: one-filter-each
def split_transform_merge(x, weight, groups):
    k = weight.shape[-1]
    n, m = x.shape[1] // groups, len(weight) // groups
    parts = [x[:, i * n:(i + 1) * n] for i in range(groups)]
    filters = [weight[i * m:(i + 1) * m] for i in range(groups)]
    outs = [F.conv2d(part, w, padding=k // 2) for part, w in zip(parts, weight)]
    return torch.cat(outs, dim=1)
