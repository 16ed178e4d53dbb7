# expect: nan
def sigmoid_derivative(x):
    return torch.exp(x * 10) / (1 + torch.exp(x * 10)) * 0.1


def sigmoid_bound(depth):
    return 0.25**depth
