# expect: setting-changed
def move_stride(block):
    block.conv1.stride, block.conv2.stride = block.conv2.stride, block.conv1.stride
    block.conv1.padding, block.conv2.padding = block.conv2.padding, block.conv1.padding
