def sigmoid_derivative(x):
    e = torch.exp(-x.abs())
    return e / (1 + e) ** 2


def sigmoid_bound(depth):
    return 0.25**depth
