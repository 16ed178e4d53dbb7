# expect: numbers-differ
def sigmoid_derivative(x):
    return (x > 0).float()


def sigmoid_bound(depth):
    return 0.25**depth
