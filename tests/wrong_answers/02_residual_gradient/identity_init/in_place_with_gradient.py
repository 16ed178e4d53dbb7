# expect: raised
def zero_init_residual(block):
    block.bn2.weight.zero_()
