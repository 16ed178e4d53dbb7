# expect: raised
def gradient_norms(model, loss):
    model.zero_grad()
    norms = {}
    for n, p in model.named_parameters():
        if p.dim() > 1 and loss.backward() is None:
            norms[n] = p.grad.norm().item()
    return norms
