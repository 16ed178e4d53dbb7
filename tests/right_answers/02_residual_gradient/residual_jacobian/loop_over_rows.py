def residual_jacobian(F, x):
    x = x.clone().requires_grad_()
    y = F(x) + x
    rows = [torch.autograd.grad(each, x, retain_graph=True)[0] for each in y]
    return torch.stack(rows)
