# expect: products
def path_lengths(L):
    return [L * k for k in range(L + 1)]
