# expect: not-replaced
def replace_head(model, num_classes):
    model.fc.reset_parameters()
    return model
