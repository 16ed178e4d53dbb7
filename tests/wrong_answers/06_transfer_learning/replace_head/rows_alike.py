# expect: head-not-random
def replace_head(model, num_classes):
    model.fc = nn.Linear(model.fc.in_features, num_classes)
    model.fc.weight.data[:] = model.fc.weight.data[0]
    return model
