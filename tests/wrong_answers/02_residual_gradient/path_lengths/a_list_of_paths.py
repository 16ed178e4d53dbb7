# expect: every-path
def path_lengths(L):
    return [bin(path).count('1') for path in range(2 ** min(L, 18))]
