# expect: width
def deep_mlp(depth, width, activation):
    layers = [nn.Flatten(), nn.Linear(784, width), activation()]
    for i in range(depth - 2):
        layers += [nn.Linear(width // 2**i, width // 2 ** (i + 1)), activation()]
    return nn.Sequential(*layers, nn.Linear(width, 10))
