# expect: zero-lets-pass
def road_gradient(sums, gradient):
    for each in sums:
        gradient = gradient * (each >= 0)
    return gradient
