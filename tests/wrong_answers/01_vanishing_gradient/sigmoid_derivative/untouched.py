# expect: unsolved
def sigmoid_derivative(x):
    raise NotImplementedError()


def sigmoid_bound(depth):
    return 0.25**depth
