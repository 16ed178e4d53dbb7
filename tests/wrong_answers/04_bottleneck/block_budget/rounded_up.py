# expect: one-too-many
import math


def block_budget(channels, planes):
    return math.ceil((-channels + (channels**2 + 162 * planes**2) ** 0.5) / 9)
