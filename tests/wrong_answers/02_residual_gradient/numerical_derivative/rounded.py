# expect: imprecise
def numerical_derivative(f, x, eps=1e-3):
    slope = (f(x + eps) - f(x - eps)) / (2 * eps)
    return slope.round(decimals=3) if isinstance(slope, torch.Tensor) else round(slope, 3)
