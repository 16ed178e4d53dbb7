# expect: raised
def gradient_norms(model, loss):
    model.zero_grad()
    loss.backward()
    return {f"{i}.weight": model[i].weight.grad.norm().item() for i in (1, 3, 5)}
