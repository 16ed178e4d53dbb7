# expect: same-layer
def deep_mlp(depth, width, activation):
    layers = [nn.Flatten(), nn.Linear(784, width), activation()]
    layers += [nn.Linear(width, width), activation()] * (depth - 2)
    return nn.Sequential(*layers, nn.Linear(width, 10))
