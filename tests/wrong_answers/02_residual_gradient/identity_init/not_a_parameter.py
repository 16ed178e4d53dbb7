# expect: fill-in-place
def zero_init_residual(block):
    block.bn2.weight = torch.zeros(block.bn2.num_features)
