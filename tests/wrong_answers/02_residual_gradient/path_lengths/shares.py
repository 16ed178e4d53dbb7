# expect: shares
import math


def path_lengths(L):
    return [math.comb(L, k) / 2**L for k in range(L + 1)]
