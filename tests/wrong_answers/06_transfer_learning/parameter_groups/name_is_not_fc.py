# expect: in-both
def parameter_groups(model, head_lr, backbone_lr):
    head = model.fc.parameters()
    backbone = []
    for name, p in model.named_parameters():
        if name != "fc":
            backbone.append(p)
    return [{"params": head, "lr": head_lr}, {"params": backbone, "lr": backbone_lr}]
