# expect: left-out
def parameter_groups(model, head_lr, backbone_lr):
    return [{"params": model.fc.parameters(), "lr": head_lr}]
