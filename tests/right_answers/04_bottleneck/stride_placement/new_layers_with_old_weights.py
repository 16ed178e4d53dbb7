def move_stride(block):
    old1, old2 = block.conv1, block.conv2
    block.conv1 = nn.Conv2d(old1.in_channels, old1.out_channels, 1, stride=old2.stride, bias=False)
    block.conv2 = nn.Conv2d(old2.in_channels, old2.out_channels, 3, padding=1, bias=False)
    block.conv1.load_state_dict(old1.state_dict())
    block.conv2.load_state_dict(old2.state_dict())
