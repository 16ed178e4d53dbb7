# expect: convolution
def zero_init_residual(block):
    last = block.conv3 if hasattr(block, 'conv3') else block.conv2
    nn.init.zeros_(last.weight)
