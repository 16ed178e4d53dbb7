# expect: not-zero
def zero_init_residual(block):
    last = block.bn3 if hasattr(block, 'bn3') else block.bn2
    with torch.no_grad():
        last.weight[0] = 0
