def gradient_norms(model, loss):
    import numpy as np

    model.zero_grad()
    loss.backward()
    norms = {}
    for name, parameter in model.named_parameters():
        if parameter.ndim > 1:
            norms[name] = np.linalg.norm(parameter.grad.numpy())
    return norms
