# expect: not-a-stride
def move_stride(block):
    block.conv1.stride = block.conv2.stride
    block.conv2.stride = "1"
