# expect: raised
def sigmoid_derivative(x):
    import math

    return math.exp(-x) / (1 + math.exp(-x)) ** 2


def sigmoid_bound(depth):
    return 0.25**depth
