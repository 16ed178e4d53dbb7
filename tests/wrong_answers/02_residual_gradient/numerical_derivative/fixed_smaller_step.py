# expect: eps-ignored
def numerical_derivative(f, x, eps=1e-3):
    return (f(x + 1e-4) - f(x - 1e-4)) / 2e-4
