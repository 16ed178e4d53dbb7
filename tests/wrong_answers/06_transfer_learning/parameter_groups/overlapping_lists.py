# expect: given-twice
def parameter_groups(model, head_lr, backbone_lr):
    backbone = [p for name, p in model.named_parameters() if name.startswith(("conv1", "bn1", "gate", "layer"))]
    norms = [p for name, p in model.named_parameters() if "bn" in name]
    return [{"params": model.fc.parameters(), "lr": head_lr}, {"params": backbone + norms, "lr": backbone_lr}]
