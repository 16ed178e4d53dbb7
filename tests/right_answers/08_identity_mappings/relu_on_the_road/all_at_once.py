def road_gradient(sums, gradient):
    return gradient * torch.stack(sums).gt(0).all(dim=0)
