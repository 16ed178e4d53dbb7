# expect: rounded
def residual_jacobian(F, x):
    return torch.round(torch.func.jacrev(F)(x), decimals=6) + torch.eye(len(x), dtype=x.dtype)
