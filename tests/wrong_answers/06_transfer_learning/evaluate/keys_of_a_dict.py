# expect: no-pairs
def accuracy(model, loader):
    modes = {name: module.training for name, module in model.named_modules()}
    model.eval()
    correct = total = 0
    with torch.no_grad():
        for images, labels in loader:
            logits = model(images.to(device_of(model)))
            correct += (logits.argmax(1) == labels.to(device_of(model))).sum().item()
            total += len(labels)
    for name, module in modes:
        module.training = modes[name]
    return correct / total
