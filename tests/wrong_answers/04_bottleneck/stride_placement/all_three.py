# expect: strides-differ
def move_stride(block):
    stride = block.conv2.stride
    for conv in (block.conv1, block.conv2, block.conv3):
        conv.stride = stride
