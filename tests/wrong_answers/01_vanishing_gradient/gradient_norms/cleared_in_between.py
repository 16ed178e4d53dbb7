# expect: grad-is-none
def gradient_norms(model, loss):
    loss.backward()
    model.zero_grad()
    norms = {}
    for name, parameter in model.named_parameters():
        if parameter.dim() > 1:
            norms[name] = parameter.grad.norm().item()
    return norms
