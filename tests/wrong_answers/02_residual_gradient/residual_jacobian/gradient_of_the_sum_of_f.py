# expect: sum-gradient
def residual_jacobian(F, x):
    x = x.clone().requires_grad_()
    return torch.autograd.grad(F(x).sum(), x)[0]
