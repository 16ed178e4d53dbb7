# expect: divided-wrongly
def numerical_derivative(f, x, eps=1e-3):
    left, right = x - eps, x + eps
    return (f(right) - f(left)) / (right - left) ** 2
