# expect: mode-changed
def stay_still(bn, inputs):
    bn.eval()


def freeze_backbone(model):
    model.requires_grad_(False)
    model.fc.requires_grad_(True)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.register_forward_pre_hook(stay_still)
    model.eval()
    return model
