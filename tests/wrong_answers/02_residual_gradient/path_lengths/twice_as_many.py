# expect: one-number
def path_lengths(L):
    return L * 2
