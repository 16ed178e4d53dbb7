# expect: empty
def gradient_norms(model, loss):
    model.zero_grad()
    loss.backward()
    norms = {}
    for n, p in model.named_parameters():
        if n in ("1.weight", "3.weight", "5.weight"):
            norms[n] = p.grad.norm().item()
    return norms
