def deep_mlp(depth, width, activation):
    between = [layer for _ in range(depth - 2) for layer in (nn.Linear(width, width), activation())]
    return nn.Sequential(nn.Flatten(), nn.Linear(784, width), activation(), *between, nn.Linear(width, 10))
