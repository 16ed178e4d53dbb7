# expect: settings-added
def parameter_groups(model, head_lr, backbone_lr):
    head = list(model.fc.parameters())
    backbone = [p for name, p in model.named_parameters() if not name.startswith("fc.")]
    return [{"params": backbone, "lr": backbone_lr, "weight_decay": 0.01}, {"params": head, "lr": head_lr}]
