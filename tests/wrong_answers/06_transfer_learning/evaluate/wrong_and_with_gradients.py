# expect: numbers-differ
def accuracy(model, loader):
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    right = count = 0
    if True:
        for images, labels in loader:
            right += (model(images).argmin(1) == labels).sum().item()
            count += len(labels)
    for module, mode in modes:
        module.training = mode
    return right / count
