# expect: nothing-trains
def freeze_backbone(model):
    model.requires_grad_(False)
    model.fc.requires_grad_(True)
    model.eval()
    for module in model.modules():
        module.train = lambda mode=True, module=module: module
    return model
