# expect: weights-changed
def move_stride(block):
    block.conv1, block.conv2 = block.conv2, block.conv1
