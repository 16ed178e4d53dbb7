import numpy as np


def block_budget(channels, planes):
    widths = np.arange(3000)
    return widths[2 * channels * widths + 9 * widths**2 <= 18 * planes**2].max()
