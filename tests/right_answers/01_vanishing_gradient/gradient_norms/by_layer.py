def gradient_norms(model, loss):
    model.zero_grad()
    loss.backward()
    return {
        name: layer.weight.grad.norm().item()
        for name, layer in model.named_modules()
        if isinstance(layer, (nn.Linear, nn.Conv2d))
    }
