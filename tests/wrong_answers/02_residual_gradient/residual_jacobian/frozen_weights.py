# expect: changes-f
def residual_jacobian(F, x):
    if isinstance(F, nn.Module):
        F.requires_grad_(False)
    return torch.func.jacrev(F)(x) + torch.eye(len(x))
