# expect: stride-lost
def move_stride(block):
    block.conv2.stride = (1, 1)
    block.conv1.stride = block.conv2.stride
