# expect: kept-between-calls
def deep_mlp(depth, width, activation, layers=[nn.Flatten()]):
    layers += [nn.Linear(784, width), activation()]
    for _ in range(depth - 2):
        layers += [nn.Linear(width, width), activation()]
    layers += [nn.Linear(width, 10)]
    return nn.Sequential(*layers)
