# expect: not-two
def parameter_groups(model, head_lr, backbone_lr):
    backbone = [p for name, p in model.named_parameters() if not name.startswith("fc.")]
    bias = [p for n, p in model.fc.named_parameters() if n == "bias"]
    return [
        {"params": bias, "lr": head_lr},
        {"params": backbone, "lr": backbone_lr},
        {"params": [model.fc.weight], "lr": head_lr},
    ]
