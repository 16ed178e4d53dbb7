# expect: slip-arguments
def dense_cost(growth, channels, layers):
    weights = sum(9 * (channels + i * growth) * growth for i in range(layers))
    return channels + layers * growth, weights
