# expect: order
def gradient_norms(model, loss):
    norms = {}
    for n, p in model.named_parameters():
        if p.dim() > 1:
            p.register_hook(lambda g, n=n: norms.__setitem__(n, g.norm().item()))
    loss.backward()
    return norms
