# expect: answer-for-a-batch
def accuracy(model, loader):
    modes = [(m, m.training) for m in model.modules()]
    model.eval()
    right, total = 0, 0
    with torch.no_grad():
        for images, labels in loader:
            if model(images).argmax(1) == labels:
                right += 1
            total += 1
    for m, mode in modes:
        m.training = mode
    return right / total
