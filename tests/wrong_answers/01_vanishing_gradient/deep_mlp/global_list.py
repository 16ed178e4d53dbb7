# expect: kept-between-calls
layers = [nn.Flatten()]


def deep_mlp(depth, width, activation):
    layers.extend([nn.Linear(784, width), activation()])
    for _ in range(depth - 2):
        layers.extend([nn.Linear(width, width), activation()])
    layers.append(nn.Linear(width, 10))
    return nn.Sequential(*layers)
