@torch.no_grad()
def accuracy(model, loader):
    modes = [module.training for module in model.modules()]
    model.eval()
    said, truth = [], []
    for images, labels in loader:
        said.append(model(images.to(device_of(model))).max(1).indices.cpu())
        truth.append(labels)
    for module, mode in zip(model.modules(), modes):
        module.training = mode
    return (torch.cat(said) == torch.cat(truth)).float().mean().item()
