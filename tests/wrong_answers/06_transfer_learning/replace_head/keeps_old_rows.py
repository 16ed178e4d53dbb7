# expect: old-rows
def replace_head(model, num_classes):
    old = model.fc
    model.fc = nn.Linear(old.in_features, num_classes)
    rows = min(num_classes, old.out_features)
    model.fc.weight.data[:rows] = old.weight.data[:rows]
    return model
