# expect: one-too-many
def dense_cost(channels, growth, layers):
    weights = sum(9 * (channels + i * growth) * growth for i in range(layers))
    return channels + growth * (layers + 1), weights
