# expect: logits-compared
def accuracy(model, loader):
    modes = [(m, m.training) for m in model.modules()]
    model.eval()
    right, total = 0, 0
    with torch.no_grad():
        for images, labels in loader:
            right += (model(images) == labels).sum().item()
            total += len(labels)
    for m, mode in modes:
        m.training = mode
    return right / total
