def gradient_norms(model, loss):
    for p in model.parameters():
        if p.grad is not None:
            p.grad.zero_()
    loss.backward()
    norms = {}
    for n, p in model.named_parameters():
        if p.dim() > 1:
            norms[n] = p.grad.norm().item()
    return norms
