# expect: bound-of-the-sigmoid
def sigmoid_derivative(x):
    s = torch.sigmoid(x)
    return s * (1 - s)


def sigmoid_bound(depth):
    return torch.sigmoid(torch.tensor(0.0)) ** depth
