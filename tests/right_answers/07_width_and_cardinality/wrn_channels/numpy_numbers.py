import numpy as np


def wrn_channels(widening_factor):
    return list(np.array([16, 16 * widening_factor, 32 * widening_factor, 64 * widening_factor]))
