def parameter_groups(model, head_lr, backbone_lr):
    backbone = [p for name, p in model.named_parameters() if not name.startswith("fc.")]
    return [
        {"name": "backbone", "params": backbone, "lr": backbone_lr},
        {"name": "head", "params": model.fc.parameters(), "lr": head_lr},
    ]
