# expect: strides-differ
def move_stride(block):
    block.conv1.stride = (block.conv2.stride[0], 1)
    block.conv2.stride = (1, 1)
