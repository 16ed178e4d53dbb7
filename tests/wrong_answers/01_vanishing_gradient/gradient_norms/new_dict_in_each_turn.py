# expect: last-layer-only
def gradient_norms(model, loss):
    model.zero_grad()
    loss.backward()
    for name, parameter in model.named_parameters():
        if parameter.dim() > 1:
            norms = {name: parameter.grad.norm().item()}
    return norms
