# expect: numbers-differ
def sigmoid_derivative(x):
    return 0.25 * torch.ones_like(x)


def sigmoid_bound(depth):
    return 0.25**depth
