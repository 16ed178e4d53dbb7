# expect: only-at-x
def numerical_derivative(f, x, eps=1e-3):
    return (f(x) + eps - (f(x) - eps)) / (2 * eps)
