def deep_mlp(depth, width, activation):
    layers = []
    for layer in range(depth):
        inputs = 784 if layer == 0 else width
        outputs = 10 if layer == depth - 1 else width
        layers.append(nn.Linear(inputs, outputs))
        if layer < depth - 1:
            layers.append(activation())
    return nn.Sequential(nn.Flatten(start_dim=1), *layers)
