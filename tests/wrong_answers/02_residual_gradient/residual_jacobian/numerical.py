# expect: moved-together-rows
def residual_jacobian(F, x):
    return numerical_derivative(F, x) + torch.eye(len(x))
