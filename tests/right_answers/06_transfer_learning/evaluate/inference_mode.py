def accuracy(model, loader):
    modes = {module: module.training for module in model.modules()}
    model.eval()
    right, count = 0, 0
    with torch.inference_mode():
        for images, labels in loader:
            right += int((model(images.to(device_of(model))).argmax(dim=-1).cpu() == labels).sum())
            count += labels.numel()
    for module, mode in modes.items():
        module.training = mode
    return right / count
