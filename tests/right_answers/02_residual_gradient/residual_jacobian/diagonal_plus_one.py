def residual_jacobian(F, x):
    jacobian = torch.func.jacrev(F)(x).detach().clone()
    jacobian.diagonal().add_(1)
    return jacobian
