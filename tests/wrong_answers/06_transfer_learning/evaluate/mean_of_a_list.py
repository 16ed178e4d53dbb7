# expect: list-of-tensors
def accuracy(model, loader):
    model.eval()
    right = []
    with torch.no_grad():
        for images, labels in loader:
            right.append(model(images).argmax(1) == labels)
    model.train()
    return right.mean()
