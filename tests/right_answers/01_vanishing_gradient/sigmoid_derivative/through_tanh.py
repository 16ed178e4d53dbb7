def sigmoid_derivative(x):
    return (1 - torch.tanh(x / 2) ** 2) / 4


def sigmoid_bound(depth):
    return 0.25**depth
