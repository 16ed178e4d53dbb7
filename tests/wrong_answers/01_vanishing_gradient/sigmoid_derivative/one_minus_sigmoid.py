# expect: one-factor-missing
def sigmoid_derivative(x):
    return 1 - torch.sigmoid(x)


def sigmoid_bound(depth):
    return 0.25**depth
