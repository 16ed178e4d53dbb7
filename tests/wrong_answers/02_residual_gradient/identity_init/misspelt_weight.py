# expect: slip-attribute
def zero_init_residual(block):
    last = block.bn3 if isinstance(block, Bottleneck) else block.bn2
    last.weights = nn.Parameter(torch.zeros(last.num_features))
