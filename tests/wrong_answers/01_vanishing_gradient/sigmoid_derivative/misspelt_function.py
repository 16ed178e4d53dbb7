# expect: raised
def sigmoid_derivative(x):
    return torch.sigmoide(x)


def sigmoid_bound(depth):
    return 0.25**depth
