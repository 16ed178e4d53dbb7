def gradient_norms(model, loss):
    weights = {n: p for n, p in model.named_parameters() if p.dim() > 1}
    found = torch.autograd.grad(loss, list(weights.values()))
    return {name: gradient.norm().item() for name, gradient in zip(weights, found)}
