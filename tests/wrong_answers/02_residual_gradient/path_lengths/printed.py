# expect: returned-nothing
import math


def path_lengths(L):
    print([math.comb(L, k) for k in range(L + 1)])
