# expect: x-in-formula
def sigmoid_derivative(x):
    return torch.sigmoid(x) * (1 - x)


def sigmoid_bound(depth):
    return 0.25**depth
