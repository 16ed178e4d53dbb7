def zero_init_residual(block):
    if isinstance(block, Bottleneck):
        nn.init.constant_(block.bn3.weight, 0)
    else:
        nn.init.constant_(block.bn2.weight, 0)
