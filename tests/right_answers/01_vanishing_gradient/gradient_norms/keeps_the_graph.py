def gradient_norms(model, loss):
    model.zero_grad(set_to_none=False)
    loss.backward(retain_graph=True)
    norms = {}
    for n, p in model.named_parameters():
        if p.dim() > 1:
            norms[n] = torch.linalg.vector_norm(p.grad).tolist()
    return norms
