def sigmoid_derivative(x):
    s = torch.sigmoid(x)
    return s * (1 - s)


def sigmoid_bound(depth):
    return torch.tensor(0.25, dtype=torch.float64) ** depth
