def path_lengths(L):
    counts = [1]
    for k in range(L):
        counts.append(counts[-1] * (L - k) // (k + 1))
    return counts
