# expect: slip-caret
def conv_cost(in_channels, out_channels, kernel_size, height, width, groups=1):
    params = (kernel_size ^ 2) * (in_channels / groups) * out_channels
    return params, params * height * width
