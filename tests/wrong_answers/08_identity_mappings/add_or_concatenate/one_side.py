# expect: window-not-squared
def dense_cost(channels, growth, layers):
    weights = sum(3 * (channels + i * growth) * growth for i in range(layers))
    return channels + layers * growth, weights
