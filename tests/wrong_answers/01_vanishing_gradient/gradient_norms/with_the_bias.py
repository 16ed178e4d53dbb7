# expect: numbers-differ
def gradient_norms(model, loss):
    model.zero_grad()
    loss.backward()
    norms = {}
    for n, layer in model.named_modules():
        if isinstance(layer, nn.Linear):
            norms[f"{n}.weight"] = (layer.weight.grad.norm() + layer.bias.grad.norm()).item()
    return norms
