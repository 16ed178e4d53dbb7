def gradient_norms(model, loss):
    found = torch.autograd.grad(loss, list(model.parameters()))
    return {n: g.norm(2).item() for (n, p), g in zip(model.named_parameters(), found) if p.dim() > 1}
