def deep_mlp(depth, width, activation):
    act = activation()
    layers = [nn.Flatten(), nn.Linear(784, width), act]
    for _ in range(depth - 2):
        layers.extend([nn.Linear(width, width), act])
    layers.append(nn.Linear(width, 10))
    return nn.Sequential(*layers)
