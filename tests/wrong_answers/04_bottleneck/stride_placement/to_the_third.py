# expect: in-the-third
def move_stride(block):
    block.conv3.stride, block.conv2.stride = block.conv2.stride, (1, 1)
