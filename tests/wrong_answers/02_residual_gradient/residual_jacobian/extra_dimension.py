# expect: shape
def residual_jacobian(F, x):
    return torch.func.jacrev(lambda x: F(x) + x)(x).unsqueeze(0)
