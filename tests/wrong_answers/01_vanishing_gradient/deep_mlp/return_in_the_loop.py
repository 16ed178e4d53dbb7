# expect: slip-loop
def deep_mlp(depth, width, activation):
    layers = [nn.Flatten(), nn.Linear(784, width), activation()]
    for _ in range(depth - 2):
        layers += [nn.Linear(width, width), activation()]
        return nn.Sequential(*layers, nn.Linear(width, 10))
    return nn.Sequential(*layers, nn.Linear(width, 10))
