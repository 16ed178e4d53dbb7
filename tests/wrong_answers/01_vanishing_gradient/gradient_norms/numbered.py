# expect: names
def gradient_norms(model, loss):
    model.zero_grad()
    loss.backward()
    weights = [p for p in model.parameters() if p.dim() > 1]
    return {layer: p.grad.norm().item() for layer, p in enumerate(weights)}
