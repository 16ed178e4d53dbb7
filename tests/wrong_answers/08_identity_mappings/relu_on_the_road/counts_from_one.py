# expect: masks-added
def road_gradient(sums, gradient):
    mask = torch.ones_like(gradient)
    for each in sums:
        mask = mask + (each > 0)
    return gradient * mask
