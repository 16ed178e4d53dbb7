# expect: some-block-open
def road_gradient(sums, gradient):
    mask = torch.stack(sums) > 0
    return gradient * mask.any(dim=0)
