# expect: slip-value
def road_gradient(sums, gradient):
    for each in sums:
        gradient * (each > 0)
    return gradient
