# expect: arguments-changed
def road_gradient(sums, gradient):
    while sums:
        gradient = gradient * (sums.pop() > 0)
    return gradient
