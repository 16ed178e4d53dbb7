# expect: too-slow
import itertools


def path_lengths(L):
    counts = [0] * (L + 1)
    for path in itertools.product([0, 1], repeat=L):
        counts[sum(path)] += 1
    return counts
