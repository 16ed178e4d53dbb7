# expect: nan
def replace_head(model, num_classes):
    model.fc = nn.Linear(model.fc.in_features, num_classes)
    model.fc.weight.data.mul_(float("nan"))
    return model
