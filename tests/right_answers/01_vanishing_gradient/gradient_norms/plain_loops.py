def gradient_norms(model, loss):
    model.zero_grad()
    loss.backward()
    norms = {}
    for n, p in model.named_parameters():
        if len(p.shape) >= 2:
            total = 0.0
            for g in p.grad.flatten().tolist():
                total += g * g
            norms[n] = total**0.5
    return norms
