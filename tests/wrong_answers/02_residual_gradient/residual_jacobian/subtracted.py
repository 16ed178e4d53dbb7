# expect: subtracted
def residual_jacobian(F, x):
    return torch.eye(len(x)) - torch.func.jacrev(F)(x)
