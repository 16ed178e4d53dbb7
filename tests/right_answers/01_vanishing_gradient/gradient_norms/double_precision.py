def gradient_norms(model, loss):
    model.zero_grad()
    loss.backward()
    norms = {}
    for name, parameter in model.named_parameters():
        if parameter.dim() > 1:
            norms[name] = parameter.grad.double().pow(2).sum().item() ** 0.5
    return norms
