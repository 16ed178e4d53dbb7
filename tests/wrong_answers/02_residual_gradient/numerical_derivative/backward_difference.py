# expect: backward
def numerical_derivative(f, x, eps=1e-3):
    return (f(x) - f(x - eps)) / eps
