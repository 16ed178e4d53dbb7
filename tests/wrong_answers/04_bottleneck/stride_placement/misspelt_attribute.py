# expect: slip-attribute
def move_stride(block):
    block.conv1.strides, block.conv2.stride = block.conv2.stride, (1, 1)
