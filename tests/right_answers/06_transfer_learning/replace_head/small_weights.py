def replace_head(model, num_classes):
    head = nn.Linear(model.fc.in_features, num_classes)
    nn.init.normal_(head.weight, std=0.01)
    nn.init.zeros_(head.bias)
    model.fc = head
    return model
