def path_lengths(L):
    if L == 0:
        return [1]
    before = path_lengths(L - 1)
    return [a + b for a, b in zip([*before, 0], [0, *before])]
