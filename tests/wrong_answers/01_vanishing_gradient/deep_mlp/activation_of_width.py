# expect: activation-arguments
def deep_mlp(depth, width, activation):
    layers = [nn.Flatten(), nn.Linear(784, width), activation(width)]
    for _ in range(depth - 2):
        layers += [nn.Linear(width, width), activation(width)]
    return nn.Sequential(*layers, nn.Linear(width, 10))
