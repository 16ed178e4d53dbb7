# expect: bound-type
def sigmoid_derivative(x):
    s = torch.sigmoid(x)
    return s * (1 - s)


def sigmoid_bound(depth):
    if depth > 1:
        return 0.25**depth
