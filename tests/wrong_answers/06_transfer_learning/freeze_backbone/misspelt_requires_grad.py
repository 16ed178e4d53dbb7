# expect: slip-attribute
def freeze_backbone(model):
    def stay_still(norm, inputs):
        norm.eval()

    for name, parameter in model.named_parameters():
        parameter.require_grad = name.startswith("fc.")
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.register_forward_pre_hook(stay_still)
    return model
