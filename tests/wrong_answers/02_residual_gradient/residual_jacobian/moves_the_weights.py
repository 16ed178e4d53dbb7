# expect: changes-f
def residual_jacobian(F, x):
    jacobian = torch.func.jacrev(F)(x).detach() + torch.eye(len(x))
    if isinstance(F, nn.Module):
        with torch.no_grad():
            for parameter in F.parameters():
                parameter.zero_()
    return jacobian
