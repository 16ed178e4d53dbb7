# expect: all-norms
def zero_init_residual(block):
    nn.init.zeros_(block.bn2.weight)
    if isinstance(block, Bottleneck):
        nn.init.zeros_(block.bn3.weight)
