# expect: missing
def zero_init_residual(block):
    name = 'bn3' if hasattr(block, 'bn3') else 'bn2'
    setattr(block, name, nn.Identity())
