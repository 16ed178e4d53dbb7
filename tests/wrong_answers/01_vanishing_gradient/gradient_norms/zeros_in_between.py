# expect: numbers-differ
def gradient_norms(model, loss):
    loss.backward()
    model.zero_grad(set_to_none=False)
    norms = {}
    for n, p in model.named_parameters():
        if p.dim() > 1:
            norms[n] = p.grad.norm().item()
    return norms
