# expect: stride-lost
def move_stride(block):
    block.stride = block.conv2.stride
    block.conv2.stride = (1, 1)
