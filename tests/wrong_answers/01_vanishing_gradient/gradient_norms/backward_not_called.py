# expect: slip-call
def gradient_norms(model, loss):
    model.zero_grad()
    loss.backward
    norms = {}
    for n, p in model.named_parameters():
        if p.dim() > 1:
            norms[n] = p.grad.norm().item()
    return norms
