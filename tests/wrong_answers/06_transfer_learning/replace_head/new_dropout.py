# expect: backbone-changed
def replace_head(model, num_classes):
    model.fc = nn.Linear(model.fc.in_features, num_classes)
    model.more_dropout = nn.Dropout(0.5)
    return model
