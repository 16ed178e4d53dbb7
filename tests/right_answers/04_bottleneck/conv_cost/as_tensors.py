def conv_cost(in_channels, out_channels, kernel_size, height, width, groups=1):
    params = torch.tensor([kernel_size, kernel_size, in_channels // groups, out_channels]).prod()
    return params, params * height * width
