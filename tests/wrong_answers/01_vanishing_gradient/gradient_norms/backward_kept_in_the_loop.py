# expect: numbers-differ
def gradient_norms(model, loss):
    model.zero_grad()
    norms = {}
    for n, p in model.named_parameters():
        if p.dim() > 1:
            loss.backward(retain_graph=True)
            norms[n] = p.grad.norm().item()
    return norms
