# expect: dictionary
import math
from collections import Counter


def path_lengths(L):
    return Counter({k: math.comb(L, k) for k in range(L + 1)})
