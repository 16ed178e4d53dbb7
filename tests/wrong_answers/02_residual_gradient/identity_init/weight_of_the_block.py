# expect: added
def zero_init_residual(block):
    block.weight = nn.Parameter(torch.zeros(4))
