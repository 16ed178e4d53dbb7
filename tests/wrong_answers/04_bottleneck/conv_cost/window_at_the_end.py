# expect: slip-arguments
def conv_cost(in_channels, out_channels, height, width, kernel_size, groups=1):
    params = kernel_size**2 * in_channels * out_channels // groups
    return params, params * height * width
