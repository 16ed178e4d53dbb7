def sigmoid_derivative(x):
    s = torch.sigmoid(x)
    return s * (1 - s)


def sigmoid_bound(depth):
    bound = 1.0
    for _ in range(depth):
        bound *= 1 / 4
    return bound
