# expect: eye-of-a-tensor
def residual_jacobian(F, x):
    return torch.func.jacrev(F)(x) + torch.eye(x)
