# expect: rounded
def gradient_norms(model, loss):
    model.zero_grad()
    loss.backward()
    norms = {}
    for name, parameter in model.named_parameters():
        if parameter.dim() > 1:
            norms[name] = round(parameter.grad.norm().item(), 1)
    return norms
