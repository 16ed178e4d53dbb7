# expect: imprecise
def numerical_derivative(f, x, eps=1e-3):
    x = torch.as_tensor(x, dtype=torch.float32)
    return (f(x + eps) - f(x - eps)) / (2 * eps)
