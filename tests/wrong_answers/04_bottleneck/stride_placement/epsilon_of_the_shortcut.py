# expect: numbers-differ-strided
def move_stride(block):
    block.conv1.stride, block.conv2.stride = block.conv2.stride, (1, 1)
    if block.downsample is not None:
        block.downsample[1].eps = 0.1
