def parameter_groups(model, head_lr, backbone_lr):
    backbone = []
    for name, child in model.named_children():
        if name != "fc":
            backbone += child.parameters()
    return [{"params": backbone, "lr": backbone_lr}, {"params": model.fc.parameters(), "lr": head_lr}]
