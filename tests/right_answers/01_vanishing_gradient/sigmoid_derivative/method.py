def sigmoid_derivative(x):
    return x.sigmoid() - x.sigmoid() ** 2


def sigmoid_bound(depth):
    return 0.25**depth
