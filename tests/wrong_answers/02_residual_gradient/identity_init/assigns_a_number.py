# expect: fill-in-place
def zero_init_residual(block):
    block.bn2.weight = 0
