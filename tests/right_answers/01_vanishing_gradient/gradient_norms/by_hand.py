def gradient_norms(model, loss):
    for parameter in model.parameters():
        parameter.grad = None
    loss.backward()
    norms = {}
    for name, parameter in model.named_parameters():
        if parameter.dim() > 1:
            norms[name] = (parameter.grad**2).sum().sqrt().item()
    return norms
