# expect: numbers-differ
def road_gradient(sums, gradient):
    for each in sums:
        gradient = gradient * (each > 1)
    return gradient
