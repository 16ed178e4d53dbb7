# expect: statistics-move
def freeze_backbone(model):
    model.requires_grad_(False)
    model.fc.requires_grad_(True)
    for m in model.modules():
        if m == nn.BatchNorm2d:
            m.register_forward_pre_hook(lambda norm, i: norm.eval() and None)
    return model
