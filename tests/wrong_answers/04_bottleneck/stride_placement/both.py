# expect: stride-twice
def move_stride(block):
    block.conv1.stride = block.conv2.stride
