# expect: downsample-norm
def zero_init_residual(block):
    if isinstance(block, Bottleneck):
        norms = [m for m in block.modules() if isinstance(m, nn.BatchNorm2d)]
        nn.init.zeros_(norms[-1].weight)
    else:
        nn.init.zeros_(block.bn2.weight)
