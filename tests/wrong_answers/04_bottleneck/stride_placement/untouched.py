# expect: unsolved
def move_stride(block):
    raise NotImplementedError()
