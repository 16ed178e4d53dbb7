# expect: huge
def path_lengths(L):
    return [0.5] + [10**400] * L
