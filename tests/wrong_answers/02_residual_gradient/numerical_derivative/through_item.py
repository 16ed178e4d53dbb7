# expect: returned-type
def numerical_derivative(f, x, eps=1e-3):
    if isinstance(x, torch.Tensor):
        return [numerical_derivative(f, each.item(), eps) for each in x]
    return (f(x + eps) - f(x - eps)) / (2 * eps)
