# expect: backbone-changed
def replace_head(model, num_classes):
    model.fc = nn.Linear(model.fc.in_features, num_classes)
    model(torch.zeros(2, 1, 12, 12))
    return model
