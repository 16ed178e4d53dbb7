# expect: setting-changed
def move_stride(block):
    block.conv1.stride, block.conv2.stride = block.conv2.stride, (1, 1)
    if block.downsample is not None:
        block.conv2.padding_mode = "reflect"
        block.conv2._reversed_padding_repeated_twice = [1, 1, 1, 1]
