# expect: slip-call
def freeze_backbone(model):
    def stay_still(norm, inputs):
        norm.eval

    model.requires_grad_(False)
    model.fc.requires_grad_(True)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.register_forward_pre_hook(stay_still)
    return model
