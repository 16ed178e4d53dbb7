# expect: activation-count
def deep_mlp(depth, width, activation):
    layers = [nn.Flatten(), nn.Linear(784, width)]
    for _ in range(depth - 2):
        layers += [activation(), nn.Linear(width, width)]
    return nn.Sequential(*layers, nn.Linear(width, 10))
