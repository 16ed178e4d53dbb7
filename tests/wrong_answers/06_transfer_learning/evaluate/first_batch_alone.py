# expect: first-batch-only
def accuracy(model, loader):
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    images, labels = next(iter(loader))
    with torch.no_grad():
        right = (model(images).argmax(1) == labels).sum().item()
    for module, mode in modes:
        module.training = mode
    return right / len(labels)
