# expect: lazy-layers
def deep_mlp(depth, width, activation):
    layers = [nn.Flatten()]
    for _ in range(depth - 1):
        layers += [nn.LazyLinear(width), activation()]
    return nn.Sequential(*layers, nn.LazyLinear(10))
