# expect: downsample-norm
def zero_init_residual(block):
    if block.downsample is not None:
        nn.init.zeros_(block.downsample[0].weight)
    nn.init.zeros_((block.bn3 if hasattr(block, 'bn3') else block.bn2).weight)
