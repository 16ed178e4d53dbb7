# expect: dictionary
import math


def path_lengths(L):
    return {k: math.comb(L, k) for k in range(L + 1)}
