# expect: batch-statistics
def stay_still(norm, inputs):
    norm.eval()


def freeze_backbone(model):
    model.requires_grad_(False)
    model.fc.requires_grad_(True)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
            module.track_running_stats = False
    return model
