# expect: spectral-norm
import numpy as np


def gradient_norms(model, loss):
    model.zero_grad()
    loss.backward()
    norms = {}
    for n, p in model.named_parameters():
        if p.dim() > 1:
            norms[n] = np.linalg.norm(p.grad.numpy(), 2)
    return norms
