# expect: first-layer
def deep_mlp(depth, width, activation):
    layers = [nn.Flatten()]
    for _ in range(depth - 1):
        layers += [nn.Linear(width, width), activation()]
    return nn.Sequential(*layers, nn.Linear(width, 10))
