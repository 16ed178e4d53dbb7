# expect: frozen
def gradient_norms(model, loss):
    model.zero_grad()
    loss.backward()
    norms = {name: p.grad.norm().item() for name, p in model.named_parameters() if p.dim() > 1}
    model.requires_grad_(False)
    return norms
