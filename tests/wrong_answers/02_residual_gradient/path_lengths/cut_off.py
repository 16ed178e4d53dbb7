# expect: rounded
def path_lengths(L):
    counts = [1]
    for k in range(1, L + 1):
        counts.append(int(counts[-1] * ((L - k + 1) / k)))
    return counts
