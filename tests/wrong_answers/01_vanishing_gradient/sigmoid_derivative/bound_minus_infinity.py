# expect: bound-differs
def sigmoid_derivative(x):
    s = torch.sigmoid(x)
    return s * (1 - s)


def sigmoid_bound(depth):
    return torch.log(torch.tensor(0.25 - 0.25) ** depth)
