# expect: copied
def move_stride(block):
    changed = copy.deepcopy(block)
    changed.conv1.stride, changed.conv2.stride = changed.conv2.stride, (1, 1)
    return changed
