# expect: pair-not-unpacked
def accuracy(model, loader):
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    right = count = 0
    with torch.no_grad():
        for batch in loader:
            right += (model(batch).argmax(1) == batch[1]).sum().item()
            count += len(batch[1])
    for module, mode in modes:
        module.training = mode
    return right / count
