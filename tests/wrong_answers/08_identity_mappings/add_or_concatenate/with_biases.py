# expect: bias-counted
def dense_cost(channels, growth, layers):
    weights = sum(9 * (channels + i * growth) * growth + growth for i in range(layers))
    return channels + layers * growth, weights
