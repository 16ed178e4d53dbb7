def conv_cost(in_channels, out_channels, kernel_size, height, width, groups=1):
    layer = nn.Conv2d(in_channels, out_channels, kernel_size, groups=groups, bias=False)
    params = layer.weight.numel()
    return params, params * height * width
