# expect: rounded
import math


def path_lengths(L):
    return [round(math.exp(math.lgamma(L + 1) - math.lgamma(k + 1) - math.lgamma(L - k + 1))) for k in range(L + 1)]
