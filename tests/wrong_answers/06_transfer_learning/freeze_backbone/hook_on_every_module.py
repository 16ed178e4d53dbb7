# expect: dropout-stopped
def freeze_backbone(model):
    def stay_still(layer, inputs):
        layer.eval()

    model.requires_grad_(False)
    model.fc.requires_grad_(True)
    for module in model.modules():
        module.register_forward_pre_hook(stay_still)
    return model
