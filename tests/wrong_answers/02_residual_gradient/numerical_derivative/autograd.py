# expect: exact
def numerical_derivative(f, x, eps=1e-3):
    x = torch.as_tensor(x, dtype=torch.float64).clone().requires_grad_()
    (slope,) = torch.autograd.grad(f(x).sum(), x)
    return slope
