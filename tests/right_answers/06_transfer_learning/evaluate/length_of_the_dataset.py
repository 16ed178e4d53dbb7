def accuracy(model, loader):
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    right = 0
    with torch.no_grad():
        for images, labels in loader:
            right += (model(images).argmax(1) == labels).sum().item()
    for module, mode in modes:
        module.training = mode
    return right / len(loader.dataset)
