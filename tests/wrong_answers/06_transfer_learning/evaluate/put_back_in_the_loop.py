# expect: train-mode-later
def accuracy(model, loader):
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    correct = total = 0
    with torch.no_grad():
        for images, labels in loader:
            logits = model(images.to(device_of(model)))
            correct += (logits.argmax(1) == labels.to(device_of(model))).sum().item()
            total += images.numel()
            for module, mode in modes:
                module.training = mode
    return correct / total
