# expect: only-some-blocks
def zero_init_residual(block):
    if isinstance(block, BasicBlock):
        nn.init.zeros_(block.bn2.weight)
