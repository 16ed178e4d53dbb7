# expect: raised
def move_stride(block):
    block.conv_1.stride = block.conv2.stride
