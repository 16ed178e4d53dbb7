# expect: backbone-changed
def replace_head(model, num_classes):
    model.fc = nn.Linear(model.fc.in_features, num_classes)
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            module.reset_parameters()
    return model
