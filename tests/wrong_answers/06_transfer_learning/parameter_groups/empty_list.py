# expect: left-out
def parameter_groups(model, head_lr, backbone_lr):
    head = list(model.fc.parameters())
    backbone = [p for name, p in model.named_parameters() if not name.startswith("fc.")]
    return []
