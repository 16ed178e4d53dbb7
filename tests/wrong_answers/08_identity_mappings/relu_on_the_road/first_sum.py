# expect: first-block-only
def road_gradient(sums, gradient):
    return gradient * (sums[0] > 0)
