# expect: zero-blocks
import math


def path_lengths(L):
    if L == 0:
        return []
    return [math.comb(L, k) for k in range(L + 1)]
