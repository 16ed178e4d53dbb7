# expect: slip-arguments
def parameter_groups(model, backbone_lr, head_lr):
    head = list(model.fc.parameters())
    backbone = [p for name, p in model.named_parameters() if not name.startswith("fc.")]
    return [{"params": backbone, "lr": backbone_lr}, {"params": head, "lr": head_lr}]
