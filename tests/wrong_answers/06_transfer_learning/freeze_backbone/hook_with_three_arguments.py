# expect: hook-arguments
def stay_still(norm, inputs, output):
    norm.eval()


def freeze_backbone(model):
    model.requires_grad_(False)
    model.fc.requires_grad_(True)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
            module.register_forward_pre_hook(stay_still)
    return model
