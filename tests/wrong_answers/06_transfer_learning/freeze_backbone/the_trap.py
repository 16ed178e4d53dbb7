# expect: statistics-move
def freeze_backbone(model):
    model.requires_grad_(False)
    model.fc.requires_grad_(True)
    return model
