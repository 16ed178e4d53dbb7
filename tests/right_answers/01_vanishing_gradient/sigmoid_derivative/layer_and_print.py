def sigmoid_derivative(x):
    s = nn.Sigmoid()(x)
    print(s.shape)
    return s - s * s


def sigmoid_bound(depth):
    return 0.25**depth
