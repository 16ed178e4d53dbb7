# expect: head-not-random
def replace_head(model, num_classes):
    model.fc = nn.Linear(model.fc.in_features, num_classes)
    nn.init.zeros_(model.fc.weight)
    nn.init.zeros_(model.fc.bias)
    return model
