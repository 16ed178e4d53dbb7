# expect: replaced
def zero_init_residual(block):
    last = block.bn3 if hasattr(block, 'bn3') else block.bn2
    name = "bn3" if hasattr(block, "bn3") else "bn2"
    norm = nn.BatchNorm2d(last.num_features)
    norm.load_state_dict(last.state_dict())
    nn.init.zeros_(norm.weight)
    setattr(block, name, norm)
