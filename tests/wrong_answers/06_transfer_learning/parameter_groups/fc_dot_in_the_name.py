# expect: fc-left-out
def parameter_groups(model, head_lr, backbone_lr):
    backbone = [p for name, p in model.named_parameters() if "fc." not in name]
    return [
        {"params": backbone, "lr": backbone_lr},
        {"params": list(model.fc.parameters()), "lr": head_lr},
    ]
