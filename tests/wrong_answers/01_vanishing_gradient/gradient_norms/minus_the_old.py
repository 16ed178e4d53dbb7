# expect: new-net
def gradient_norms(model, loss):
    old = {n: p.grad.clone() for n, p in model.named_parameters()}
    loss.backward()
    norms = {}
    for n, p in model.named_parameters():
        if p.dim() > 1:
            norms[n] = (p.grad - old[n]).norm().item()
    return norms
