# expect: not-two
def parameter_groups(model, head_lr, backbone_lr):
    return [
        {"params": [p], "lr": head_lr if name.split(".")[0] == "fc" else backbone_lr}
        for name, p in model.named_parameters()
    ]
