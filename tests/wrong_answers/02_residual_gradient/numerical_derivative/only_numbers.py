# expect: raised
def numerical_derivative(f, x, eps=1e-3):
    x = float(x)
    return (f(x + eps) - f(x - eps)) / (2 * eps)
