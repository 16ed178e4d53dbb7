# expect: autograd
def numerical_derivative(f, x, eps=1e-3):
    x = torch.tensor(x, requires_grad=True)
    y = f(x)
    y.backward()
    return x.grad
