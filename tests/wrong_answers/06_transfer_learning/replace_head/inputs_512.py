# expect: inputs-fixed
def replace_head(model, num_classes):
    model.fc = nn.Linear(512, num_classes)
    return model
