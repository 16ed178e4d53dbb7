# expect: divided-wrongly
def numerical_derivative(f, x, eps=1e-3):
    return 3 * (f(x + eps) - f(x - eps)) / (2 * eps)
