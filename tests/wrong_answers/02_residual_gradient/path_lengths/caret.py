# expect: slip-caret
def path_lengths(L):
    return [2 ^ length for length in range(L + 1)]
