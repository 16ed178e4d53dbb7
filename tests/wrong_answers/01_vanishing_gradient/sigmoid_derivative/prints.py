# expect: returned-none
def sigmoid_derivative(x):
    s = torch.sigmoid(x)
    print(s * (1 - s))


def sigmoid_bound(depth):
    return 0.25**depth
