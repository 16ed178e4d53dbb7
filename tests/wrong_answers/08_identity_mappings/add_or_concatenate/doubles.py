# expect: doubled
def dense_cost(channels, growth, layers):
    weights = sum(9 * (channels + i * growth) * growth for i in range(layers))
    return channels * 2**layers, weights
