# expect: imprecise
def residual_jacobian(F, x):
    eps = 1e-2
    base = F(x) + x
    columns = []
    for step in eps * torch.eye(len(x), dtype=x.dtype):
        columns.append((F(x + step) + x + step - base) / eps)
    return torch.stack(columns, dim=1)
