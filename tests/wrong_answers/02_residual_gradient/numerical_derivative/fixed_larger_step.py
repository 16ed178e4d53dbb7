# expect: eps-ignored
def numerical_derivative(f, x, eps=1e-3):
    h = 0.01
    return (f(x + h) - f(x - h)) / (2 * h)
