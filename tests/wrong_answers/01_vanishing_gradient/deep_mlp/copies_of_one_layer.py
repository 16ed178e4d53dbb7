# expect: copied-layers
def deep_mlp(depth, width, activation):
    import copy

    hidden = nn.Linear(width, width)
    layers = [nn.Flatten(), nn.Linear(784, width), activation()]
    for _ in range(depth - 2):
        layers += [copy.deepcopy(hidden), activation()]
    return nn.Sequential(*layers, nn.Linear(width, 10))
