def dense_cost(channels, growth, layers):
    weights = 0
    for _ in range(layers):
        weights += 3 * 3 * channels * growth
        channels += growth
    return channels, weights
