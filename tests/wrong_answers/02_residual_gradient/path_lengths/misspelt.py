# expect: raised
import math


def path_lengths(L):
    return [math.combination(L, k) for k in range(L + 1)]
