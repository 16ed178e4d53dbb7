# expect: imprecise
def sigmoid_derivative(x):
    s = torch.sigmoid(x)
    return torch.round(s * (1 - s), decimals=4)


def sigmoid_bound(depth):
    return 0.25**depth
