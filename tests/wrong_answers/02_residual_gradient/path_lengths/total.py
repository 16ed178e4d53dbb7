# expect: total
def path_lengths(L):
    return 2**L
