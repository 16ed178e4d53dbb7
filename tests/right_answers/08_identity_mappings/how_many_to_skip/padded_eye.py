def fold_shortcut(weight):
    middle = weight.shape[-1] // 2
    eye = torch.eye(len(weight))[:, :, None, None]
    return weight + F.pad(eye, (middle,) * 4)
