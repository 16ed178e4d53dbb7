def dense_cost(channels, growth, layers):
    if layers == 0:
        return channels, 0
    leaving, weights = dense_cost(channels + growth, growth, layers - 1)
    return leaving, weights + 9 * channels * growth
