# expect: stride-1-changed
def move_stride(block):
    block.conv1.stride = tuple(max(2, each) for each in block.conv2.stride)
    block.conv2.stride = (1, 1)
