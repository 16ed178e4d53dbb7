# expect: returned-type
def sigmoid_derivative(x):
    return nn.Sigmoid()


def sigmoid_bound(depth):
    return 0.25**depth
