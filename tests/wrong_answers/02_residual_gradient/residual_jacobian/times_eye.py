# expect: zeros-around
def residual_jacobian(F, x):
    n = len(x)
    return torch.func.jacrev(F)(x) * torch.eye(n) + torch.eye(n)
