def deep_mlp(depth, width, activation):
    torch.manual_seed(0)
    layers = [nn.Flatten(), nn.Linear(784, width), activation()]
    for _ in range(depth - 2):
        layers += [nn.Linear(width, width), activation()]
    return nn.Sequential(*layers, nn.Linear(width, 10))
