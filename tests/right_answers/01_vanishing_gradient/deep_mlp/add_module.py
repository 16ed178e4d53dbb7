def deep_mlp(depth, width, activation):
    net = nn.Sequential()
    net.add_module("flatten", nn.Flatten())
    for layer in range(1, depth):
        net.add_module(f"linear{layer}", nn.Linear(784 if layer == 1 else width, width))
        net.add_module(f"activation{layer}", activation())
    net.add_module("output", nn.Linear(width, 10))
    return net
