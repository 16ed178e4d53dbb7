# expect: sums-added
def road_gradient(sums, gradient):
    mask = torch.stack(sums).gt(0).all(dim=0)
    result = gradient.clone()
    for each in sums:
        result += each
    return result * mask
