# expect: bound-at-depth
def sigmoid_derivative(z):
    s = torch.sigmoid(z)
    return s * (1 - s)


def sigmoid_bound(depth):
    return float(sigmoid_derivative(torch.tensor(float(depth))))
