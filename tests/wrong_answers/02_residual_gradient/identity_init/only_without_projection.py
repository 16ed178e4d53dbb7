# expect: only-some-blocks
def zero_init_residual(block):
    if isinstance(block, Bottleneck):
        if block.downsample is None:
            nn.init.zeros_(block.bn3.weight)
    else:
        nn.init.zeros_(block.bn2.weight)
