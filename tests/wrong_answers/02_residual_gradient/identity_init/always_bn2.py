# expect: middle-norm
def zero_init_residual(block):
    nn.init.zeros_(block.bn2.weight)
