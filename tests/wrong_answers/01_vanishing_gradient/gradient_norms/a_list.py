# expect: not-a-dict
def gradient_norms(model, loss):
    model.zero_grad()
    loss.backward()
    return [parameter.grad.norm().item() for parameter in model.parameters() if parameter.dim() > 1]
