# expect: as-if-added
def dense_cost(channels, growth, layers):
    return channels + layers * growth, 9 * channels * channels * layers
