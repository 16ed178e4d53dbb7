# expect: only-matrices
def gradient_norms(model, loss):
    model.zero_grad()
    loss.backward()
    norms = {}
    for name, parameter in model.named_parameters():
        if parameter.dim() > 1:
            norms[name] = torch.linalg.matrix_norm(parameter.grad).item()
    return norms
