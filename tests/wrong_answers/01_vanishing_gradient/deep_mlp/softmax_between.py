# expect: activation-ignored
def deep_mlp(depth, width, activation):
    layers = [nn.Flatten(), nn.Linear(784, width), nn.Softmax(dim=1)]
    for _ in range(depth - 2):
        layers += [nn.Linear(width, width), nn.Softmax(dim=1)]
    return nn.Sequential(*layers, nn.Linear(width, 10))
