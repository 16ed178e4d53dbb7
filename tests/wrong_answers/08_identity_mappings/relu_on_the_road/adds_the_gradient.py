# expect: one-plus-mask
def road_gradient(sums, gradient):
    for each in sums:
        gradient = gradient + gradient * (each > 0)
    return gradient
