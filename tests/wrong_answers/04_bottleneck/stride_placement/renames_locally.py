# expect: nothing-moved
def move_stride(block):
    stride = block.conv2.stride
    block.stride, stride = stride, (1, 1)
