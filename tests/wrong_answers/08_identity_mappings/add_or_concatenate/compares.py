# expect: slip-equality
def dense_cost(channels, growth, layers):
    weights = 0
    for i in range(layers):
        weights == weights + 9 * channels * growth
        channels = channels + growth
    return channels, weights
