# expect: whole-batches
def accuracy(model, loader):
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    device = device_of(model)
    right, total = 0, 0
    with torch.no_grad():
        for images, labels in loader:
            images, labels = images.to(device), labels.to(device)
            predicted = model(images).argmax(1)
            right += (predicted == labels).sum().item()
            total += loader.batch_size
    for module, mode in modes:
        module.training = mode
    return right / total
