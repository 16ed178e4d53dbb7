# expect: statistics
def zero_init_residual(block):
    last = block.bn3 if hasattr(block, 'bn3') else block.bn2
    last.reset_running_stats()
    nn.init.zeros_(last.weight)
