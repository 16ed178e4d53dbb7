# expect: drawn-anew
def deep_mlp(depth, width, activation):
    def linear(inputs, outputs):
        layer = nn.Linear(inputs, outputs)
        nn.init.zeros_(layer.bias)
        return layer

    layers = [nn.Flatten(), linear(784, width), activation()]
    for _ in range(depth - 2):
        layers += [linear(width, width), activation()]
    return nn.Sequential(*layers, linear(width, 10))
