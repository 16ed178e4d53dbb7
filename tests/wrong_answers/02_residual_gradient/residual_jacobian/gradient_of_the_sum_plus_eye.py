# expect: sum-gradient-rows
def residual_jacobian(F, x):
    x = x.clone().requires_grad_()
    return torch.autograd.grad(F(x).sum(), x)[0] + torch.eye(len(x))
