# expect: max-is-a-pair
def accuracy(model, loader):
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    right = count = 0
    with torch.no_grad():
        for images, labels in loader:
            right += (model(images).max(dim=1) == labels).sum().item()
            count += len(labels)
    for module, mode in modes:
        module.training = mode
    return right / count
