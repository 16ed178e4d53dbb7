# expect: too-much
def zero_init_residual(block):
    for parameter in [p for n, p in block.named_parameters() if 'downsample' not in n]:
        nn.init.zeros_(parameter)
