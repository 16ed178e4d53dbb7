# expect: stride-lost
def move_stride(block):
    block.conv2.stride = (1, 1)
