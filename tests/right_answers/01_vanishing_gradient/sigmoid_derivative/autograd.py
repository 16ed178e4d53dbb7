def sigmoid_derivative(x):
    x = x.detach().clone().requires_grad_()
    return torch.autograd.grad(torch.sigmoid(x).sum(), x)[0]


def sigmoid_bound(depth):
    return 0.25**depth
