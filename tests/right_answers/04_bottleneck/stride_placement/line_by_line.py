def move_stride(block):
    stride = block.conv2.stride
    block.conv2.stride = (1, 1)
    block.conv1.stride = stride
