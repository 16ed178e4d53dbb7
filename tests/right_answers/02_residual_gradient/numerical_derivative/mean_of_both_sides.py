def numerical_derivative(f, x, eps=1e-3):
    forward = (f(x + eps) - f(x)) / eps
    backward = (f(x) - f(x - eps)) / eps
    return 0.5 * (forward + backward)
