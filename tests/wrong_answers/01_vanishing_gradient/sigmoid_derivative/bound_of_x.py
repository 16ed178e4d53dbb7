# expect: signature
def sigmoid_derivative(x):
    s = torch.sigmoid(x)
    return s * (1 - s)


def sigmoid_bound(x, depth):
    return sigmoid_derivative(x) ** depth
