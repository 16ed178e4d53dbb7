# expect: no-activation
def deep_mlp(depth, width, activation):
    class Hidden(nn.Linear):
        def forward(self, x):
            return torch.sigmoid(super().forward(x))

    layers = [nn.Flatten(), Hidden(784, width)]
    for _ in range(depth - 2):
        layers.append(Hidden(width, width))
    return nn.Sequential(*layers, nn.Linear(width, 10))
