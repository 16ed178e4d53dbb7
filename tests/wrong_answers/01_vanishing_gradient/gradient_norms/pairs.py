# expect: not-a-dict
def gradient_norms(model, loss):
    model.zero_grad()
    loss.backward()
    return [(n, p.grad.norm().item()) for n, p in model.named_parameters() if p.dim() > 1]
