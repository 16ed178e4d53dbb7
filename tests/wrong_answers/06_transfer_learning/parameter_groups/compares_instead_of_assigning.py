# expect: slip-equality
def parameter_groups(model, head_lr, backbone_lr):
    backbone = []
    backbone == [parameter for name, parameter in model.named_parameters() if not name.startswith("fc.")]
    return [
        {"params": backbone, "lr": backbone_lr},
        {"params": list(model.fc.parameters()), "lr": head_lr},
    ]
