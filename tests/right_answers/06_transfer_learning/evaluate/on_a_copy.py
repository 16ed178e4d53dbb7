def accuracy(model, loader):
    net = copy.deepcopy(model).eval()
    hits = []
    with torch.no_grad():
        for images, labels in loader:
            hits += (net(images).softmax(1).argmax(1) == labels).tolist()
    return sum(hits) / len(hits)
