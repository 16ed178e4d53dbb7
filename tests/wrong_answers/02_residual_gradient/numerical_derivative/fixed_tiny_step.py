# expect: eps-ignored
def numerical_derivative(f, x, eps=1e-3):
    eps = 1e-7
    return (f(x + eps) - f(x - eps)) / (2 * eps)
