# expect: tanh-formula
def sigmoid_derivative(x):
    return 1 - torch.sigmoid(x) ** 2


def sigmoid_bound(depth):
    return 0.25**depth
