def numerical_derivative(f, x, eps=1e-3):
    right, left = x + eps, x - eps
    return (f(right) - f(left)) / (right - left)
