def parameter_groups(model, head_lr, backbone_lr):
    *backbone, weight, bias = model.parameters()
    return {"params": backbone, "lr": backbone_lr}, {"params": [weight, bias], "lr": head_lr}
