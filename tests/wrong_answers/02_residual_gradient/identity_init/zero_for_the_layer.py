# expect: layer-not-weight
def zero_init_residual(block):
    block.bn2 = 0
