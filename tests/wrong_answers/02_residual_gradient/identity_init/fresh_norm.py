# expect: new-layer
def zero_init_residual(block):
    name = "bn3" if hasattr(block, "bn3") else "bn2"
    norm = nn.BatchNorm2d(getattr(block, name).num_features)
    nn.init.zeros_(norm.weight)
    setattr(block, name, norm)
