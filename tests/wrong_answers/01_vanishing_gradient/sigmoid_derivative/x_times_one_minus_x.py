# expect: no-sigmoid
def sigmoid_derivative(x):
    return x * (1 - x)


def sigmoid_bound(depth):
    return 0.25**depth
