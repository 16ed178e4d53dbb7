# expect: depth
def deep_mlp(depth, width, activation):
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, 64),
        nn.Sigmoid(),
        nn.Linear(64, 64),
        nn.Sigmoid(),
        nn.Linear(64, 10),
    )
