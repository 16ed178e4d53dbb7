# expect: weights-changed
def move_stride(block):
    stride = block.conv2.stride
    inplanes, planes = block.conv1.in_channels, block.conv1.out_channels
    block.conv1 = nn.Conv2d(inplanes, planes, 1, stride=stride, bias=False)
    block.conv2.stride = (1, 1)
