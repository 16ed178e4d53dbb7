# expect: imprecise
def sigmoid_derivative(x):
    s = torch.sigmoid(x.half())
    return s * (1 - s)


def sigmoid_bound(depth):
    return 0.25**depth
