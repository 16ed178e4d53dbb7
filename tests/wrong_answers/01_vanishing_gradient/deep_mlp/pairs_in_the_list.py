# expect: list-in-list
def deep_mlp(depth, width, activation):
    layers = [nn.Flatten(), nn.Linear(784, width), activation()]
    for _ in range(depth - 2):
        layers.append([nn.Linear(width, width), activation()])
    return nn.Sequential(*layers, nn.Linear(width, 10))
