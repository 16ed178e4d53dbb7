def gradient_norms(model, loss):
    model.zero_grad(set_to_none=True)
    model.train()
    loss.backward()
    norms = {}
    for name, parameter in model.named_parameters():
        if parameter.dim() > 1:
            norms[name] = torch.linalg.vector_norm(parameter.grad).item()
    return norms
