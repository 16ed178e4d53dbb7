# expect: not-linear
def replace_head(model, num_classes):
    model.fc = nn.Sequential(nn.Linear(model.fc.in_features, 16), nn.ReLU(), nn.Linear(16, num_classes))
    return model
