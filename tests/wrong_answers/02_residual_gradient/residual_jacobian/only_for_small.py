# expect: raised
def residual_jacobian(F, x):
    return torch.func.jacrev(F)(x) + torch.eye(4)[: len(x), : len(x)]
