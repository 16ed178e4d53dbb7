# expect: too-short
def path_lengths(L):
    return [2 * k for k in range(L)]
