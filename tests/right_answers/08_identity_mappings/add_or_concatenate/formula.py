def dense_cost(channels, growth, layers):
    pairs = layers * (layers - 1) // 2
    return channels + layers * growth, 9 * growth * (layers * channels + growth * pairs)
