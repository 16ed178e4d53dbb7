def residual_jacobian(F, x):
    x.requires_grad_()
    y = F(x) + x
    return torch.stack([torch.autograd.grad(each, x, retain_graph=True)[0] for each in y])
