# expect: bound-zero
def sigmoid_derivative(x):
    s = torch.sigmoid(x)
    return s * (1 - s)


def sigmoid_bound(depth):
    return round(0.25**depth, 4)
