# expect: raised
def dense_cost(channels, growth, layers):
    weights = sum(9 * (channels + i * grow) * growth for i in range(layers))
    return channels + layers * growth, weights
