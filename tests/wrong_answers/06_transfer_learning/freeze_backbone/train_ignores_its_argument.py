# expect: eval-broken
def stay_still(norm, inputs):
    norm.eval()


def freeze_backbone(model):
    model.requires_grad_(False)
    model.fc.requires_grad_(True)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
    model.train = lambda mode=True: model
    return model
