def deep_mlp(depth, width, activation):
    def hidden(inputs):
        return nn.Sequential(nn.Linear(inputs, width), activation())

    body = [hidden(784)] + [hidden(width) for _ in range(depth - 2)]
    return nn.Sequential(nn.Flatten(), *body, nn.Linear(width, 10))
