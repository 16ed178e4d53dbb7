def parameter_groups(model, head_lr, backbone_lr):
    backbone = [p for name, p in model.named_parameters() if name not in ("fc.weight", "fc.bias")]
    return {"params": backbone, "lr": backbone_lr}, {"params": [model.fc.weight, model.fc.bias], "lr": head_lr}
