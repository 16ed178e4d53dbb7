# expect: returned-type
def sigmoid_derivative(x):
    import numpy as np

    s = 1 / (1 + np.exp(-x.numpy()))
    return s * (1 - s)


def sigmoid_bound(depth):
    return 0.25**depth
