def parameter_groups(model, head_lr, backbone_lr):
    head = set(model.fc.parameters())
    backbone = [p for p in model.parameters() if p not in head]
    return [{"params": list(head), "lr": head_lr}, {"params": backbone, "lr": backbone_lr}]
