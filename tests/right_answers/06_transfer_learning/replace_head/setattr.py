def replace_head(model, num_classes):
    setattr(model, "fc", nn.Linear(in_features=model.fc.in_features, out_features=num_classes))
    return model
