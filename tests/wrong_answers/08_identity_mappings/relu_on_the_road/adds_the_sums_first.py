# expect: sum-of-sums
def road_gradient(sums, gradient):
    return gradient * (sum(sums) > 0)
