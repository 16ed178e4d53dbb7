def sigmoid_derivative(x):
    s = torch.sigmoid(x)
    return s * (1 - s)


def sigmoid_bound(depth):
    return 1 if depth == 0 else sigmoid_bound(depth - 1) / 4
