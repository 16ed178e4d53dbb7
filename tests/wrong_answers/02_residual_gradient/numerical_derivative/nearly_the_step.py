# expect: numbers-differ
def numerical_derivative(f, x, eps=1e-3):
    eps = 0.9 * eps
    return (f(x + eps) - f(x - eps)) / (2 * eps)
