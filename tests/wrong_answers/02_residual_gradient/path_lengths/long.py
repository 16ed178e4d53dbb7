# expect: numbers-differ
def path_lengths(L):
    return [10**200] * (L + 1)
