# expect: finer
def numerical_derivative(f, x, eps=1e-3):
    return (f(x - 2 * eps) - 8 * f(x - eps) + 8 * f(x + eps) - f(x + 2 * eps)) / (12 * eps)
