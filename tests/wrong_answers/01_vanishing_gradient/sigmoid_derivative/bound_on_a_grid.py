# expect: bound-differs
def sigmoid_derivative(x):
    s = torch.sigmoid(x)
    return s * (1 - s)


def sigmoid_bound(depth):
    z = torch.linspace(-6, 6, 240)
    return sigmoid_derivative(z).max().item() ** depth
