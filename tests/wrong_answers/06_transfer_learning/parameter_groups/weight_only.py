# expect: head-left-out
def parameter_groups(model, head_lr, backbone_lr):
    backbone = [p for name, p in model.named_parameters() if not name.startswith("fc.")]
    return [
        {"params": backbone, "lr": backbone_lr},
        {"params": [model.fc.weight], "lr": head_lr},
    ]
