def conv_cost(out_channels, in_channels, kernel_size, width, height, groups=1):
    params = kernel_size**2 * in_channels * out_channels // groups
    return params, params * height * width
