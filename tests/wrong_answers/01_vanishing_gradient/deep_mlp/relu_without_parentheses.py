# expect: class-in-net
def deep_mlp(depth, width, activation):
    layers = [nn.Flatten(), nn.Linear(784, width), nn.ReLU]
    for _ in range(depth - 2):
        layers += [nn.Linear(width, width), nn.ReLU]
    return nn.Sequential(*layers, nn.Linear(width, 10))
