# expect: returned-copy
def zero_init_residual(block):
    import copy
    
    block = copy.deepcopy(block)
    last = block.bn3 if hasattr(block, 'bn3') else block.bn2
    nn.init.zeros_(last.weight)
    return block
