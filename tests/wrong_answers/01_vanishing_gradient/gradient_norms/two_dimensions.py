# expect: convolution-missing
def gradient_norms(model, loss):
    model.zero_grad()
    loss.backward()
    return {name: p.grad.norm().item() for name, p in model.named_parameters() if p.dim() == 2}
