# expect: grad-is-none
def gradient_norms(model, loss):
    model.zero_grad()
    norms = {}
    for n, p in model.named_parameters():
        if p.dim() > 1:
            norms[n] = (p.grad**2).sum().sqrt().item()
    return norms
