# expect: sum
def gradient_norms(model, loss):
    model.zero_grad()
    loss.backward()
    norms = {}
    for n, p in model.named_parameters():
        if p.dim() > 1:
            norms[n] = p.grad.sum().abs().item()
    return norms
