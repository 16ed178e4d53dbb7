# expect: no-super-init
class Net(nn.Module):
    def __init__(self, depth, width, activation):
        layers = [nn.Flatten(), nn.Linear(784, width), activation()]
        for _ in range(depth - 2):
            layers += [nn.Linear(width, width), activation()]
        self.net = nn.Sequential(*layers, nn.Linear(width, 10))

    def forward(self, x):
        return self.net(x)


def deep_mlp(depth, width, activation):
    return Net(depth, width, activation)
