# expect: requires-grad-changed
def replace_head(model, num_classes):
    model.fc = nn.Linear(model.fc.in_features, num_classes)
    model.conv1.requires_grad_(False)
    return model
