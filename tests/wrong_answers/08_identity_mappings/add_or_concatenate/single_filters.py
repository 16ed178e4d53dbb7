# expect: growth-forgotten
def dense_cost(channels, growth, layers):
    weights = sum(9 * (channels + i * growth) for i in range(layers))
    return channels + layers * growth, weights
