# expect: hook-without-effect
def freeze_backbone(model):
    model.requires_grad_(False)
    model.fc.requires_grad_(True)

    def stay(layer, inputs):
        norm.eval()

    for norm in model.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.register_forward_pre_hook(stay)
    return model
