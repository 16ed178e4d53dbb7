def road_gradient(sums, gradient):
    open_everywhere = torch.ones_like(gradient, dtype=torch.bool)
    for each in sums:
        open_everywhere &= each > 0
    return torch.where(open_everywhere, gradient, 0.0)
