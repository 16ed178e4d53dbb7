def split_transform_merge(x, weight, groups):
    dense = weight.new_zeros(weight.shape[0], x.shape[1], *weight.shape[2:])
    size, count = weight.shape[1], weight.shape[0] // groups
    for i in range(groups):
        dense[i * count : (i + 1) * count, i * size : (i + 1) * size] = weight[i * count : (i + 1) * count]
    return F.conv2d(x, dense, padding=weight.shape[-1] // 2)
