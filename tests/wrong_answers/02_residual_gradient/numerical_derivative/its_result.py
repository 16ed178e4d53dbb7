# expect: not-a-function
def numerical_derivative(f, x, eps=1e-3):
    return (f(x + eps) - f(x - eps)) / (2 * eps)


numerical_derivative = numerical_derivative(math.sin, 0.0)
