# expect: in-the-others-place
def conv_cost(in_channels, out_channels, kernel_size, height, width, groups=1):
    params = in_channels // groups * out_channels * kernel_size * kernel_size
    macs = height * width * kernel_size * kernel_size
    return macs, params
