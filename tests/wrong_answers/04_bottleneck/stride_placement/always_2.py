# expect: always-2
def move_stride(block):
    if block.conv2.stride != (1, 1):
        block.conv1.stride, block.conv2.stride = (2, 2), (1, 1)
