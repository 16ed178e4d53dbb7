# expect: bias-too
def zero_init_residual(block):
    norms = [m for m in block.children() if isinstance(m, nn.BatchNorm2d)]
    nn.init.zeros_(norms[-1].weight)
    for norm in norms:
        nn.init.zeros_(norm.bias)
