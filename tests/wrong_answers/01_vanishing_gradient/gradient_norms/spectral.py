# expect: spectral-norm
def gradient_norms(model, loss):
    model.zero_grad()
    loss.backward()
    norms = {}
    for n, p in model.named_parameters():
        if p.dim() > 1:
            norms[n] = torch.linalg.norm(p.grad, 2).item()
    return norms
