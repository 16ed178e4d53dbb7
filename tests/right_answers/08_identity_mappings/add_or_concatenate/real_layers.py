def dense_cost(channels, growth, layers):
    weights = 0
    for _ in range(layers):
        layer = nn.Conv2d(channels, growth, 3, padding=1, bias=False)
        weights += layer.weight.numel()
        channels += growth
    return [channels, weights]
