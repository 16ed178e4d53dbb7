# expect: makes-all-anew
def dense_cost(channels, growth, layers):
    weights = 0
    for i in range(layers):
        weights += 9 * channels * (channels + growth)
        channels += growth
    return channels, weights
