def move_stride(block):
    stride = block.conv2.stride[0]
    block.conv1.stride = stride
    block.conv2.stride = 1
