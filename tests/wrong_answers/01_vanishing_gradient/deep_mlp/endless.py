# expect: time-limit
def deep_mlp(depth, width, activation):
    layers = [nn.Flatten(), nn.Linear(784, width), activation()]
    while len(layers) < depth:
        pass
    return nn.Sequential(*layers, nn.Linear(width, 10))
