# expect: something-after
def replace_head(model, num_classes):
    model.fc = nn.Linear(model.fc.in_features, num_classes)
    forward = model.forward
    model.forward = lambda x: forward(x).softmax(1)
    return model
