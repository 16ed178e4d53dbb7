# expect: runs-no-more
def move_stride(block):
    block.conv1.stride, block.conv2.stride = block.conv2.stride, (1, 1)
    if block.downsample is not None:
        block.downsample.append(nn.AvgPool2d(2))
