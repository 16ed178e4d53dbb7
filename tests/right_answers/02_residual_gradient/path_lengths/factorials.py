import math


def path_lengths(L):
    f = math.factorial
    return [f(L) // (f(k) * f(L - k)) for k in range(L + 1)]
