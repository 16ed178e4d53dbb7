# expect: time-limit
def conv_cost(in_channels, out_channels, kernel_size, height, width, groups=1):
    while True:
        pass
