# expect: numbers-differ
def residual_jacobian(F, x):
    x = x.clone().requires_grad_()
    rows = []
    for i in range(len(x)):
        (F(x) + x)[i].backward()
        rows.append(x.grad.clone())
    return torch.stack(rows)
