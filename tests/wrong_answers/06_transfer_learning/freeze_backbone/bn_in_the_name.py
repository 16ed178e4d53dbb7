# expect: some-move
def stay_still(norm, inputs):
    norm.eval()


def freeze_backbone(model):
    model.requires_grad_(False)
    model.fc.requires_grad_(True)
    for name, module in model.named_modules():
        if "bn" in name:
            module.eval()
            module.register_forward_pre_hook(stay_still)
    return model
