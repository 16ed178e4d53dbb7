# expect: inputs-fixed
def replace_head(model, num_classes):
    model.fc = nn.Linear(model.fc.out_features, num_classes)
    return model
