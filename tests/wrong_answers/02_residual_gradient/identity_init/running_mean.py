# expect: statistics
def zero_init_residual(block):
    last = block.bn3 if hasattr(block, 'bn3') else block.bn2
    last.running_mean.zero_()
