# expect: slip-caret
def conv_cost(in_channels, out_channels, kernel_size, height, width, groups=1):
    params = kernel_size^2 * in_channels * out_channels // groups
    return params, params * height * width
