# expect: shape
def numerical_derivative(f, x, eps=1e-3):
    slope = (f(x + eps) - f(x - eps)) / (2 * eps)
    return slope.mean() if isinstance(slope, torch.Tensor) else slope
