def deep_mlp(depth, width, activation):
    net = nn.Sequential(nn.Flatten())
    sizes = [784] + [width] * (depth - 1)
    for inputs, outputs in zip(sizes, sizes[1:]):
        net.append(nn.Linear(inputs, outputs))
        net.append(activation())
    net.append(nn.Linear(width, 10))
    return net
