# expect: always-the-same
def path_lengths(L):
    return [1, 3, 3, 1]
