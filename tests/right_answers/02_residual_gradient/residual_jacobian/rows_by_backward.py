def residual_jacobian(F, x):
    x = x.clone().requires_grad_()
    rows = []
    for i in range(len(x)):
        x.grad = None
        (F(x) + x)[i].backward()
        rows.append(x.grad)
    return torch.stack(rows)
