# expect: numbers-differ
def path_lengths(L):
    return [float('nan')] * (L + 1)
