# expect: a-copy
def replace_head(model, num_classes):
    net = copy.deepcopy(model)
    net.fc = nn.Linear(net.fc.in_features, num_classes)
    return net
