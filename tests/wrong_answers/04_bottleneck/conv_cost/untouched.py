# expect: unsolved
def conv_cost(in_channels, out_channels, kernel_size, height, width, groups=1):
    raise NotImplementedError()
