# expect: activation-arguments
def deep_mlp(depth, width, activation):
    layers = [nn.Flatten(), activation(nn.Linear(784, width))]
    for _ in range(depth - 2):
        layers.append(activation(nn.Linear(width, width)))
    return nn.Sequential(*layers, nn.Linear(width, 10))
