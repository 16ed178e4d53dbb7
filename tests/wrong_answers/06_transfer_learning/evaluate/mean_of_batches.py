# expect: mean-of-means
def accuracy(model, loader):
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    right = count = 0
    with torch.no_grad():
        for images, labels in loader:
            right += (model(images).argmax(1) == labels).float().mean().item()
            count += 1
    for module, mode in modes:
        module.training = mode
    return right / count
