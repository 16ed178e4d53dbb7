def road_gradient(sums, gradient):
    for each in reversed(sums):
        gradient = gradient * (each > 0).float()
    return gradient
