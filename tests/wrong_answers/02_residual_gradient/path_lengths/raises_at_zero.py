# expect: zero-blocks
import math


def path_lengths(L):
    half = [math.comb(L, k) * L // L for k in range(L + 1)]
    return half
