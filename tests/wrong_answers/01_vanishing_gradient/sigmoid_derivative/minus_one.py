# expect: negative
def sigmoid_derivative(x):
    s = torch.sigmoid(x)
    return s * (s - 1)


def sigmoid_bound(depth):
    return 0.25**depth
