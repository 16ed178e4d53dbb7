def deep_mlp(depth, width, activation):
    layers = [nn.Flatten(), nn.Linear(28**2, width)]
    for _ in range(depth - 2):
        layers.extend((activation(), nn.Linear(width, width)))
    return nn.Sequential(*layers, activation(), nn.Linear(width, 10))
