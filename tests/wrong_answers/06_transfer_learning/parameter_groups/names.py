# expect: refused
def parameter_groups(model, head_lr, backbone_lr):
    names = [name for name, _ in model.named_parameters()]
    return [
        {"params": [name for name in names if not name.startswith("fc.")], "lr": backbone_lr},
        {"params": [name for name in names if name.startswith("fc.")], "lr": head_lr},
    ]
