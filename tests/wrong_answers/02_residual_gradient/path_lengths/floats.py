# expect: floats
import math


def path_lengths(L):
    counts = [1.0]
    for k in range(1, L + 1):
        counts.append(float(math.comb(L, k)))
    return counts
