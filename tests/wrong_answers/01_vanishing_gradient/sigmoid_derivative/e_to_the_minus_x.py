# expect: one-factor-missing
def sigmoid_derivative(x):
    return torch.exp(-x) / (1 + torch.exp(-x))


def sigmoid_bound(depth):
    return 0.25**depth
