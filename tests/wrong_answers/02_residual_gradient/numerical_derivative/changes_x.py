# expect: input-changed
def numerical_derivative(f, x, eps=1e-3):
    x += eps
    right = f(x)
    x -= 2 * eps
    return (right - f(x)) / (2 * eps)
