# expect: sees-the-last-only
def dense_cost(channels, growth, layers):
    for i in range(layers):
        weights = 9 * channels * growth
        channels = channels + growth
    return channels, weights
