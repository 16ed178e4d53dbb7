# expect: bias
def zero_init_residual(block):
    nn.init.zeros_(block.bn1.bias)
