# expect: widest-for-all
def dense_cost(channels, growth, layers):
    channels = channels + layers * growth
    return channels, 9 * channels * growth * layers
