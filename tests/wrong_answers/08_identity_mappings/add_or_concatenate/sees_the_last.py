# expect: sees-the-last-only
def dense_cost(channels, growth, layers):
    weights = 0
    seen = channels
    for i in range(layers):
        weights += 9 * seen * growth
        seen = growth
    return channels + layers * growth, weights
