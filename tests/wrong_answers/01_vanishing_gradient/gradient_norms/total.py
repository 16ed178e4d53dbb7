# expect: not-a-dict
def gradient_norms(model, loss):
    model.zero_grad()
    loss.backward()
    return sum(p.grad.norm().item() for p in model.parameters())
