def residual_jacobian(F, x):
    def block(x):
        return F(x) + x
    
    columns = [
        (block(x + step) - block(x - step)) / 2e-3
        for step in 1e-3 * torch.eye(len(x), dtype=x.dtype)
    ]
    return torch.stack(columns, dim=1).detach()
