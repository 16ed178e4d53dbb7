# expect: marks-x
def sigmoid_derivative(x):
    x.requires_grad = True
    torch.sigmoid(x).sum().backward()
    return x.grad


def sigmoid_bound(depth):
    return 0.25**depth
