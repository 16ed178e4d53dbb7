# expect: mode-changed
def replace_head(model, num_classes):
    model.fc = nn.Linear(model.fc.in_features, num_classes)
    model.train()
    return model
