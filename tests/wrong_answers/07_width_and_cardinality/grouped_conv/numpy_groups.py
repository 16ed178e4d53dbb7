# expect: groups-used
import numpy as np


def split_transform_merge(x, weight, groups):
    return F.conv2d(x, weight, padding=weight.shape[-1] // 2, groups=int(np.int64(groups)))
