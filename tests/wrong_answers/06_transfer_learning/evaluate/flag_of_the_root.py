# expect: modes-mixed
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    right = count = 0
    with torch.no_grad():
        for images, labels in loader:
            right += (model(images.to(device_of(model))).argmax(1).cpu() == labels).sum().item()
            count += len(labels)
    model.training = was_training
    return right / count
