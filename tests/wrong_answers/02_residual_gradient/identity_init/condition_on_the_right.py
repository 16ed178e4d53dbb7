# expect: no-bn3
def zero_init_residual(block):
    block.bn3.weight = 0 if hasattr(block, "bn3") else block.bn2.weight
