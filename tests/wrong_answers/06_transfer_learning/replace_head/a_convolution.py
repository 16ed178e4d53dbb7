# expect: not-linear
def replace_head(model, num_classes):
    model.fc = nn.Conv2d(model.fc.in_features, num_classes, 1)
    return model
