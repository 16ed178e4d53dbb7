# expect: signature
def conv_cost(in_channels, out_channels, kernel_size, height, width):
    params = kernel_size**2 * in_channels * out_channels
    return params, params * height * width
