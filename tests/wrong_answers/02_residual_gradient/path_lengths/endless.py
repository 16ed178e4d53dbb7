# expect: time-limit
def path_lengths(L):
    counts = []
    while sum(counts) != 2**L:
        counts = [1]
        counts.append(-1)
    return counts
