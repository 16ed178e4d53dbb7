# expect: nothing-blocked
def road_gradient(sums, gradient):
    for each in sums:
        masked = gradient * (each > 0)
    return gradient
