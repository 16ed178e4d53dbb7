# expect: not-a-function
def zero_init_residual(block):
    nn.init.zeros_(block.bn2.weight)


zero_init_residual = zero_init_residual(BasicBlock(4, 4))
