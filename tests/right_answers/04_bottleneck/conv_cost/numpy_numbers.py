import numpy as np


def conv_cost(in_channels, out_channels, kernel_size, height, width, groups=1):
    params = np.prod([kernel_size, kernel_size, in_channels // groups, out_channels])
    return params, params * np.prod([height, width])
