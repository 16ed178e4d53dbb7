# expect: drawn-anew
def deep_mlp(depth, width, activation):
    layers = [nn.Flatten(), nn.Linear(784, width), activation()]
    for _ in range(depth - 2):
        hidden = nn.Linear(width, width)
        hidden.weight.data /= 2
        layers += [hidden, activation()]
    return nn.Sequential(*layers, nn.Linear(width, 10))
