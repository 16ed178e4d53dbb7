import math


def block_budget(channels, planes):
    return int((-channels + math.sqrt(channels**2 + 162 * planes**2)) / 9)
