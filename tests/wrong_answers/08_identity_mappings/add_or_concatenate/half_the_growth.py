# expect: channels-differ
def dense_cost(channels, growth, layers):
    weights = sum(9 * (channels + i * growth) * growth for i in range(layers))
    return channels + layers * growth // 2, weights
