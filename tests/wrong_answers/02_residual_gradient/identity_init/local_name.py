# expect: unchanged
def zero_init_residual(block):
    weight = block.bn2.weight
    weight = torch.zeros_like(weight)
