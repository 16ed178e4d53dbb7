# expect: raised
def path_lengths(L):
    return [L**k // L for k in range(L + 1)]
