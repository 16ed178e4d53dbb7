# expect: eps-ignored
def numerical_derivative(f, x, eps=1e-3):
    eps = 1e-6
    return (f(x + eps) - f(x)) / eps
