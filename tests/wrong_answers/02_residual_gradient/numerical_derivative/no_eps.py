# expect: signature
def numerical_derivative(f, x):
    return (f(x + 1e-3) - f(x - 1e-3)) / 2e-3
