# expect: layer-not-weight
def zero_init_residual(block):
    nn.init.zeros_(block)
