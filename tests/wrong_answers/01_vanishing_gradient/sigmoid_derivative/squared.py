# expect: squared
def sigmoid_derivative(x):
    return torch.sigmoid(x) * torch.sigmoid(x)


def sigmoid_bound(depth):
    return 0.25**depth
