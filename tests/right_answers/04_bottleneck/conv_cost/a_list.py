def conv_cost(in_channels, out_channels, kernel_size, height, width, groups=1):
    weights = (in_channels // groups) * out_channels * kernel_size**2
    return [weights, weights * height * width]
