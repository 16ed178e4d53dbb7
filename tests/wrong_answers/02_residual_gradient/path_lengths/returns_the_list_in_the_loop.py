# expect: slip-loop
import math


def path_lengths(L):
    counts = []
    for k in range(L + 1):
        counts.append(math.comb(L, k))
        return counts
