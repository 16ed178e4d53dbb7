# expect: output-differs
def zero_init_residual(block):
    nn.init.zeros_((block.bn3 if hasattr(block, 'bn3') else block.bn2).weight)
    block.forward = lambda x: x
