# expect: returned-tensor
def deep_mlp(depth, width, activation):
    x = torch.rand(3, 1, 28, 28)
    out = activation()(nn.Linear(784, width)(nn.Flatten()(x)))
    for _ in range(depth - 2):
        out = activation()(nn.Linear(width, width)(out))
    return nn.Linear(width, 10)(out)
