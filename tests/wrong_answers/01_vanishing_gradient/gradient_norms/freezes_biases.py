# expect: frozen
def gradient_norms(model, loss):
    model.zero_grad()
    loss.backward()
    norms = {}
    for name, parameter in model.named_parameters():
        if parameter.dim() > 1:
            norms[name] = parameter.grad.norm().item()
        else:
            parameter.requires_grad = False
    return norms
