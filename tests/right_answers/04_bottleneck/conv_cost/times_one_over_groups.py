def conv_cost(in_channels, out_channels, kernel_size, height, width, groups=1):
    params = (1 / groups) * in_channels * out_channels * kernel_size**2
    return params, params * height * width
