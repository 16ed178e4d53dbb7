# expect: one-block-less
import math


def path_lengths(L):
    row = [1]
    for _ in range(L - 1):
        row = [a + b for a, b in zip([0, *row], [*row, 0])]
    return row
