# expect: added
def zero_init_residual(block):
    last = block.bn3 if hasattr(block, 'bn3') else block.bn2
    nn.init.zeros_(last.weight)
    block.scale = nn.Parameter(torch.zeros(1))
