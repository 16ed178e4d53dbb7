# expect: nothing-frozen
def freeze_backbone(model):
    model.eval()
    return model
