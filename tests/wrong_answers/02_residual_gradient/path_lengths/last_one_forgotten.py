# expect: shorter-first
def path_lengths(L):
    if L == 0:
        return [1]
    previous = path_lengths(L - 1)
    return [1] + [previous[i] + previous[i + 1] for i in range(L - 1)]
