# expect: head-frozen
def stay_still(bn, inputs):
    bn.eval()


def freeze_backbone(model):
    for parameter in model.parameters():
        parameter.requires_grad = False
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.register_forward_pre_hook(stay_still)
    return model
