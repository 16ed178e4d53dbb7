def freeze_backbone(model):
    model.requires_grad_(False)
    model.fc.requires_grad_(True)
    usual = model.train

    def train(mode=True):
        usual(mode)
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.training = False
        return model

    model.train = train
    return model.train(model.training)
