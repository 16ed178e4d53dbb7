# expect: window-forgotten
def dense_cost(channels, growth, layers):
    weights = sum((channels + i * growth) * growth for i in range(layers))
    return channels + layers * growth, weights
