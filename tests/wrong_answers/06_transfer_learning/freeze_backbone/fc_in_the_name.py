# expect: fc-in-the-backbone
def stay_still(bn, inputs):
    bn.eval()


def freeze_backbone(model):
    for name, parameter in model.named_parameters():
        parameter.requires_grad = "fc" in name
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.register_forward_pre_hook(stay_still)
    return model
