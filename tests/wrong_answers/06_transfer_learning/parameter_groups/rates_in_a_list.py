# expect: rate-no-number
def parameter_groups(model, head_lr, backbone_lr):
    head = list(model.fc.parameters())
    backbone = [p for name, p in model.named_parameters() if not name.startswith("fc.")]
    return [{"params": backbone, "lr": backbone_lr}, {"params": head, "lr": [head_lr]}]
