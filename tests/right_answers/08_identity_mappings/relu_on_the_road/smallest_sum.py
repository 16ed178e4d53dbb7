def road_gradient(sums, gradient):
    return gradient * (torch.stack(sums).amin(dim=0) > 0)
