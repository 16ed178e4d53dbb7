# expect: slip-equality
def numerical_derivative(f, x, eps=1e-3):
    slope = 0.0
    slope == (f(x + eps) - f(x - eps)) / (2 * eps)
    return slope
