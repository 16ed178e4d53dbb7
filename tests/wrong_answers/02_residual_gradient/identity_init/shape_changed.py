# expect: raised-outside
def zero_init_residual(block):
    last = block.bn3 if hasattr(block, 'bn3') else block.bn2
    last.weight.data = torch.zeros(1)
