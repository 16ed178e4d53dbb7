# expect: cumulative
import math


def path_lengths(L):
    counts, total = [], 0
    for k in range(L + 1):
        total += math.comb(L, k)
        counts.append(total)
    return counts
