# expect: train-mode
def accuracy(model, loader):
    right = count = 0
    with torch.no_grad():
        for images, labels in loader:
            right += (model(images.to(device_of(model))).argmax(1).cpu() == labels).sum().item()
            count += len(labels)
    return right / count
