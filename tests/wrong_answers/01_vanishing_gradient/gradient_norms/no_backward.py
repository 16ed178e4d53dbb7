# expect: no-backward
def gradient_norms(model, loss):
    norms = {}
    for name, parameter in model.named_parameters():
        if parameter.dim() > 1:
            norms[name] = parameter.grad.norm().item()
    return norms
