# expect: hook-not-a-function
def freeze_backbone(model):
    def stay_still(norm, inputs):
        norm.eval()

    for parameter in model.parameters():
        parameter.requires_grad = False
    for parameter in model.fc.parameters():
        parameter.requires_grad = True
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.register_forward_pre_hook(module.eval())
    return model
