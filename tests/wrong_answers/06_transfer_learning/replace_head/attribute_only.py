# expect: attribute-only
def replace_head(model, num_classes):
    model.fc.out_features = num_classes
    return model
