numerical_derivative = lambda f, x, eps=1e-3: (f(x + eps) - f(x - eps)) * 0.5 / eps
