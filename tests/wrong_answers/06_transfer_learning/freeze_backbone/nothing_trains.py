# expect: nothing-trains
def freeze_backbone(model):
    model.requires_grad_(False)
    model.fc.requires_grad_(True)
    model.eval()
    model.train = lambda mode=True: model
    return model
