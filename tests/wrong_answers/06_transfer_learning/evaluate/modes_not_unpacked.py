# expect: modes-not-unpacked
def accuracy(model, loader):
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    correct = total = 0
    with torch.no_grad():
        for images, labels in loader:
            logits = model(images.to(device_of(model)))
            correct += (logits.argmax(1) == labels.to(device_of(model))).sum().item()
            total += len(labels)
    for module in modes:
        module.training = True
    return correct / total
