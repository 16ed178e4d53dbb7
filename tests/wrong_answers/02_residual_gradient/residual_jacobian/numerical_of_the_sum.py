# expect: moved-together
def residual_jacobian(F, x):
    return numerical_derivative(lambda x: F(x) + x, x)
