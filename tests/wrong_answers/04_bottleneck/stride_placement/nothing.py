# expect: nothing-moved
def move_stride(block):
    pass
