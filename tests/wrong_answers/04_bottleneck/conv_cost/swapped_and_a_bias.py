# expect: in-the-others-place
def conv_cost(in_channels, out_channels, kernel_size, height, width, groups=1):
    params = in_channels // groups * out_channels * kernel_size**2
    macs = params * height * width
    return macs, params + out_channels
