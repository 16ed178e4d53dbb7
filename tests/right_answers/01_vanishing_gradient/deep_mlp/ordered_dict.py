def deep_mlp(depth, width, activation):
    from collections import OrderedDict

    layers = OrderedDict(flatten=nn.Flatten())
    inputs = 28 * 28
    for layer in range(depth - 1):
        layers[f"fc{layer}"] = nn.Linear(inputs, width)
        layers[f"act{layer}"] = activation()
        inputs = width
    layers["out"] = nn.Linear(inputs, 10)
    return nn.Sequential(layers)
