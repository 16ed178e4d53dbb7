# expect: widths-kept
def dense_cost(channels, growth, layers):
    return channels + layers * growth, 9 * channels * growth * layers
