# expect: numbers-differ
def path_lengths(L):
    return [float('inf')] * (L + 1)
