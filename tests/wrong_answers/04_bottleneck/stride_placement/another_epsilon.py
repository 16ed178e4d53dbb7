# expect: numbers-differ
def move_stride(block):
    block.conv1.stride, block.conv2.stride = block.conv2.stride, (1, 1)
    if block.downsample is None:
        block.bn1.eps = 0.1
