# expect: numbers-differ
import math


def path_lengths(L):
    return sorted(math.comb(L, k) for k in range(L + 1))
