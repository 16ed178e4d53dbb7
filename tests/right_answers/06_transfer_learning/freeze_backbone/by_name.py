def stay_still(bn, inputs):
    bn.eval()


def freeze_backbone(model):
    for name, parameter in model.named_parameters():
        parameter.requires_grad = name.startswith("fc.")
    for module in model.modules():
        if "BatchNorm" in type(module).__name__:
            module.register_forward_pre_hook(stay_still)
    return model
