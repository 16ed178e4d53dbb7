# expect: only-matrices
def gradient_norms(model, loss):
    model.zero_grad()
    loss.backward()
    norms = {}
    for name, parameter in model.named_parameters():
        if parameter.dim() > 1:
            total = 0
            for row in parameter.grad:
                for number in row:
                    total += number.item() ** 2
            norms[name] = total**0.5
    return norms
