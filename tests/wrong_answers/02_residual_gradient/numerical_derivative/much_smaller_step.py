# expect: finer
def numerical_derivative(f, x, eps=1e-3):
    eps = eps / 1000
    return (f(x + eps) - f(x - eps)) / (2 * eps)
