# expect: all-norms
def zero_init_residual(block):
    last = block.bn3 if hasattr(block, 'bn3') else block.bn2
    for module in block.children():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.ones_(module.weight)
