# expect: by-place
def parameter_groups(model, head_lr, backbone_lr):
    backbone = list(model.parameters())[:-2]
    return [
        {"params": backbone, "lr": backbone_lr},
        {"params": list(model.parameters())[-2:], "lr": head_lr},
    ]
