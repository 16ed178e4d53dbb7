# expect: swapped
def conv_cost(in_channels, out_channels, kernel_size, height, width, groups=1):
    params = in_channels * out_channels * kernel_size**2
    return params * height * width, params
