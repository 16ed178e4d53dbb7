# expect: exact
def numerical_derivative(f, x, eps=1e-3):
    x = torch.as_tensor(x, dtype=torch.float64)
    return torch.func.grad(lambda x: f(x).sum())(x)
