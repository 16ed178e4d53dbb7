# expect: half-step
def numerical_derivative(f, x, eps=1e-3):
    return (f(x + eps / 2) - f(x - eps / 2)) / eps
