# expect: outputs-wrong
def replace_head(model, num_classes):
    model.fc = nn.Linear(num_classes, model.fc.in_features)
    return model
