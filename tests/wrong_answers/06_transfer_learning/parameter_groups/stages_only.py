# expect: left-out
def parameter_groups(model, head_lr, backbone_lr):
    return [{"params": model.layer1.parameters(), "lr": backbone_lr}, {"params": model.fc.parameters(), "lr": head_lr}]
