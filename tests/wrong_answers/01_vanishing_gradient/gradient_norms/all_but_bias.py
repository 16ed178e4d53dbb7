# expect: norm-weights
def gradient_norms(model, loss):
    model.zero_grad()
    loss.backward()
    norms = {}
    for name, parameter in model.named_parameters():
        if "bias" not in name:
            norms[name] = parameter.grad.norm().item()
    return norms
