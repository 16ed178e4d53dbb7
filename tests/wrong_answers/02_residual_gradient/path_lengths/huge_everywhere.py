# expect: huge
def path_lengths(L):
    return [10 ** (100 * (L + k)) for k in range(L + 1)]
