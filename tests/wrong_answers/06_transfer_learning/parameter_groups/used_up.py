# expect: head-left-out
def parameter_groups(model, head_lr, backbone_lr):
    head = model.fc.parameters()
    ids = [id(p) for p in head]
    backbone = [p for p in model.parameters() if id(p) not in ids]
    return [{"params": head, "lr": head_lr}, {"params": backbone, "lr": backbone_lr}]
