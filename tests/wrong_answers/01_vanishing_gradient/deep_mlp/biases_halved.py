# expect: drawn-anew
def deep_mlp(depth, width, activation):
    layers = [nn.Flatten(), nn.Linear(784, width), activation()]
    for _ in range(depth - 2):
        layers += [nn.Linear(width, width), activation()]
    net = nn.Sequential(*layers, nn.Linear(width, 10))
    for name, parameter in net.named_parameters():
        if name.endswith("bias"):
            parameter.data *= 0.5
    return net
