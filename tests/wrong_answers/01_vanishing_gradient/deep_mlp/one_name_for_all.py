# expect: depth
def deep_mlp(depth, width, activation):
    model = nn.Sequential()
    model.add_module("flatten", nn.Flatten())
    model.add_module("linear", nn.Linear(784, width))
    for i in range(depth - 2):
        model.add_module("activation", activation())
        model.add_module("linear", nn.Linear(width, width))
    model.add_module("activation", activation())
    model.add_module("out", nn.Linear(width, 10))
    return model
