# expect: no-flatten
def deep_mlp(depth, width, activation):
    layers = [nn.Linear(784, width), nn.Flatten(), activation()]
    for _ in range(depth - 2):
        layers += [nn.Linear(width, width), activation()]
    return nn.Sequential(*layers, nn.Linear(width, 10))
