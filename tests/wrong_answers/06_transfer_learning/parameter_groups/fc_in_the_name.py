# expect: fc-in-the-backbone
def parameter_groups(model, head_lr, backbone_lr):
    head = [p for name, p in model.named_parameters() if "fc" in name]
    backbone = [p for name, p in model.named_parameters() if "fc" not in name]
    return [{"params": backbone, "lr": backbone_lr}, {"params": head, "lr": head_lr}]
