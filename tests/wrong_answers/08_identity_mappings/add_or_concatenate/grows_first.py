# expect: counted-from-1
def dense_cost(channels, growth, layers):
    weights = 0
    for i in range(layers):
        channels += growth
        weights += 9 * channels * growth
    return channels, weights
