# expect: kept-between-calls
def gradient_norms(model, loss, norms={}):
    model.zero_grad()
    loss.backward()
    for n, p in model.named_parameters():
        if p.dim() > 1:
            norms[n] = p.grad.norm().item()
    return norms
