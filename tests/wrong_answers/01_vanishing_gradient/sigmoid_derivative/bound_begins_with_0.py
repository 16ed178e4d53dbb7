# expect: bound-zero
def sigmoid_derivative(x):
    s = torch.sigmoid(x)
    return s * (1 - s)


def sigmoid_bound(depth):
    product = 0
    for i in range(depth):
        product *= 0.25
    return product
