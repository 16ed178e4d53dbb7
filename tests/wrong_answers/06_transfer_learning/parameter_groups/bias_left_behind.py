# expect: bias-left-behind
def parameter_groups(model, head_lr, backbone_lr):
    backbone = [p for name, p in model.named_parameters() if name != "fc.weight"]
    return [{"params": backbone, "lr": backbone_lr}, {"params": [model.fc.weight], "lr": head_lr}]
