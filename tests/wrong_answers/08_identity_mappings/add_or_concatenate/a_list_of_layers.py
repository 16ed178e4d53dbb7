# expect: not-numbers
def dense_cost(channels, growth, layers):
    weights = [9 * (channels + i * growth) * growth for i in range(layers)]
    return channels + layers * growth, weights
