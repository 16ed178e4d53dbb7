# expect: absolute
def numerical_derivative(f, x, eps=1e-3):
    return abs(f(x + eps) - f(x - eps)) / (2 * eps)
