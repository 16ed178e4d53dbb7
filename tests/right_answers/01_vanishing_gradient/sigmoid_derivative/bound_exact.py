def sigmoid_derivative(x):
    s = torch.sigmoid(x)
    return s * (1 - s)


def sigmoid_bound(depth):
    from fractions import Fraction

    return Fraction(1, 4) ** depth
