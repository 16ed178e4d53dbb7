# expect: masks-added
def road_gradient(sums, gradient):
    mask = sum((each > 0).float() for each in sums)
    return gradient * mask
