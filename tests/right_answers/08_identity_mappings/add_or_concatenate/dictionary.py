def dense_cost(channels, growth, layers):
    result = {"channels": channels + layers * growth}
    result["weights"] = 9 * growth * sum(range(channels, channels + layers * growth, growth))
    return result["channels"], result["weights"]
