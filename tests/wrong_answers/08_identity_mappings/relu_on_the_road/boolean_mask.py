# expect: mask-alone
def road_gradient(sums, gradient):
    return torch.stack(sums).gt(0).all(dim=0)
