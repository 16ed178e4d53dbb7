# expect: finer
def numerical_derivative(f, x, eps=1e-3):
    def slope(h):
        return (f(x + h) - f(x - h)) / (2 * h)

    return (4 * slope(eps / 2) - slope(eps)) / 3
