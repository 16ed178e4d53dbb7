# expect: frozen-left-out
def parameter_groups(model, head_lr, backbone_lr):
    backbone = [
        parameter
        for name, parameter in model.named_parameters()
        if not name.startswith("fc.")
    ]
    return [
        {"params": backbone, "lr": backbone_lr},
        {"params": [p for p in model.fc.parameters() if p.requires_grad], "lr": head_lr},
    ]
