# expect: all-norms
def zero_init_residual(block):
    for name, module in block.named_children():
        if name.startswith('bn'):
            nn.init.zeros_(module.weight)
