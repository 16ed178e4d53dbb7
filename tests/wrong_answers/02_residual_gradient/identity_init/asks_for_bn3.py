# expect: no-bn3
def zero_init_residual(block):
    if block.bn3:
        nn.init.zeros_(block.bn3.weight)
    else:
        nn.init.zeros_(block.bn2.weight)
