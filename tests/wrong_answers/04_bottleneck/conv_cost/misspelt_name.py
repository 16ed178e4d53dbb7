# expect: raised
def conv_cost(in_channels, out_channels, kernel_size, height, width, groups=1):
    return kernelsize**2 * in_channels * out_channels, 0
