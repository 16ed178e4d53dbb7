# expect: raised
def road_gradient(sums, gradient):
    for each in sum:
        gradient = gradient * (each > 0)
    return gradient
