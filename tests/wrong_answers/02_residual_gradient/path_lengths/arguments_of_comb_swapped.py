# expect: arguments-swapped
def path_lengths(L):
    return [math.comb(k, L) for k in range(L + 1)]
