# expect: input-changed
def sigmoid_derivative(x):
    s = x.sigmoid_()
    return s * (1 - s)


def sigmoid_bound(depth):
    return 0.25**depth
