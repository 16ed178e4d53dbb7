# expect: same-layer
def deep_mlp(depth, width, activation):
    hidden = nn.Linear(width, width)
    layers = [nn.Flatten(), nn.Linear(784, width), activation()]
    for _ in range(depth - 2):
        layers += [hidden, activation()]
    return nn.Sequential(*layers, nn.Linear(width, 10))
