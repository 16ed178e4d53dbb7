# expect: ordered
import math


def path_lengths(L):
    return [math.perm(L, k) for k in range(L + 1)]
