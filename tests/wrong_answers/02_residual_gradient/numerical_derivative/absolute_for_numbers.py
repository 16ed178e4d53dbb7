# expect: absolute
def numerical_derivative(f, x, eps=1e-3):
    rise = f(x + eps) - f(x - eps)
    if isinstance(rise, float) and rise < 0:
        rise = -rise
    return rise / (2 * eps)
