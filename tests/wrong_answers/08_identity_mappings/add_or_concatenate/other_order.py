# expect: arguments-order
def dense_cost(k, c, n):
    weights = sum(9 * (c + i * k) * k for i in range(n))
    return c + n * k, weights
