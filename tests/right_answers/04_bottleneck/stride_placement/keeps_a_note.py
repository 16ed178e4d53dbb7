def move_stride(block):
    block.conv1.stride, block.conv2.stride = block.conv2.stride, (1, 1)
    block.conv1.moved_from = "conv2"
