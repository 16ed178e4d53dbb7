# expect: head-on-top
def replace_head(model, num_classes):
    return nn.Sequential(model, nn.Linear(model.fc.out_features, num_classes))
