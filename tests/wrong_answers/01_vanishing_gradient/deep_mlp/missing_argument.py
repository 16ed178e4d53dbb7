# expect: signature
def deep_mlp(depth, activation):
    layers = [nn.Flatten(), nn.Linear(784, 64), activation()]
    for _ in range(depth - 2):
        layers += [nn.Linear(64, 64), activation()]
    return nn.Sequential(*layers, nn.Linear(64, 10))
