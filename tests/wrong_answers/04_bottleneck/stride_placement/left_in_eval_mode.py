# expect: mode-changed
def move_stride(block):
    block.eval()
    block.conv1.stride = block.conv2.stride
    block.conv2.stride = (1, 1)
