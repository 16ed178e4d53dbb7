def path_lengths(L):
    counts = [1]
    for _ in range(L):
        counts = [a + b for a, b in zip([0] + counts, counts + [0])]
    return counts
