# expect: lengths
def path_lengths(L):
    return list(range(L + 1))
