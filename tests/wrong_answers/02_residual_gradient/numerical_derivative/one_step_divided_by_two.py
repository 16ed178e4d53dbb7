# expect: one-sided-by-two
def numerical_derivative(f, x, eps=1e-3):
    return (f(x + eps) - f(x)) / (2 * eps)
