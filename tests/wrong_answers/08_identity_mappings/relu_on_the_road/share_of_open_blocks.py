# expect: masks-added
def road_gradient(sums, gradient):
    return gradient * (torch.stack(sums) > 0).float().mean(dim=0)
