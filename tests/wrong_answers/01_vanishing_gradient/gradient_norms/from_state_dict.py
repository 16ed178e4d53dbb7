# expect: other-tensor
def gradient_norms(model, loss):
    model.zero_grad()
    loss.backward()
    return {n: p.grad.norm().item() for n, p in model.state_dict().items() if p.dim() > 1}
