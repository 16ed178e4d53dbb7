# expect: zero-missing
import math


def path_lengths(L):
    return [math.comb(L, k) for k in range(1, L + 1)]
