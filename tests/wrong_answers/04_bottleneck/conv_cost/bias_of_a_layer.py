# expect: bias-counted
def conv_cost(in_channels, out_channels, kernel_size, height, width, groups=1):
    conv = nn.Conv2d(in_channels, out_channels, kernel_size, groups=groups)
    params = sum(p.numel() for p in conv.parameters())
    return params, params * height * width
