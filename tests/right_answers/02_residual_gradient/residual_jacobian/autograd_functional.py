def residual_jacobian(F, x):
    return torch.autograd.functional.jacobian(F, x) + torch.eye(x.shape[0], dtype=x.dtype)
