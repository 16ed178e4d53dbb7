# expect: slip-attribute
def replace_head(model, num_classes):
    model.FC = nn.Linear(model.fc.in_features, num_classes)
    return model
