# expect: output-in-the-loop
def deep_mlp(depth, width, activation):
    layers = [nn.Flatten(), nn.Linear(784, width), activation()]
    for i in range(depth - 2):
        layers += [nn.Linear(width, width), activation()]
        layers += [nn.Linear(width, 10)]
    return nn.Sequential(*layers)
