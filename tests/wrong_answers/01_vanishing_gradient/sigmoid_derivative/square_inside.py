# expect: numbers-differ
def sigmoid_derivative(x):
    return torch.exp(-x) / (1 + torch.exp(-x) ** 2)


def sigmoid_bound(depth):
    return 0.25**depth
