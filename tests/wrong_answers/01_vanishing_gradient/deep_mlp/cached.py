# expect: kept-between-calls
from functools import cache


@cache
def deep_mlp(depth, width, activation):
    layers = [nn.Flatten()]
    inputs = 784
    for _ in range(depth - 1):
        layers += [nn.Linear(inputs, width), activation()]
        inputs = width
    return nn.Sequential(*layers, nn.Linear(inputs, 10))
